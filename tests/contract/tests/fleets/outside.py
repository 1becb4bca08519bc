"""Opens the key blocks of a fleet, with psec or, those that are TR-34, by the leaf's private key; derives each
initial key with `cryptography`, compares, and answers with the check values. One line of JSON for each question."""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from psec import tr31

# An isolated interpreter does not look beside the program.
sys.path.append(str(Path(__file__).parent))
from tr34_block import Receiver  # noqa: E402

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES


def ecb(cipher, data):
    encryptor = Cipher(cipher, modes.ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def tdes_initial_key(bdk, number):
    """ANSI X9.24-1."""
    register = (int.from_bytes(number, "big") >> 21 << 21).to_bytes(10, "big")[:8]
    mask = int("C0C0C0C000000000C0C0C0C000000000", 16)
    variant = (int.from_bytes(bdk, "big") ^ mask).to_bytes(16, "big")
    return b"".join(ecb(TripleDES(key + key[:8]), register) for key in (bdk, variant))


def aes_initial_key(bdk, number):
    """ANSI X9.24-3."""
    bits = 8 * len(bdk)
    code = {128: 2, 192: 3, 256: 4}[bits]
    key = b""
    for counter in (1, 2):
        head = bytes([1, counter]) + (0x8001).to_bytes(2, "big")
        data = head + code.to_bytes(2, "big") + bits.to_bytes(2, "big") + number[:8]
        key += ecb(algorithms.AES(bdk), data)
    return key[: len(bdk)]


def check_value(key, is_tdes):
    if is_tdes:
        return ecb(TripleDES(key + key[:8]), bytes(8))[:3].hex().upper()
    cmac = CMAC(algorithms.AES(key))
    cmac.update(bytes(16))
    return cmac.finalize()[:3].hex().upper()


def derived(bdk, line):
    number = bytes.fromhex(line["ksn"])
    is_tdes = len(number) == 10
    return is_tdes, (tdes_initial_key if is_tdes else aes_initial_key)(bdk, number)


def open_tr34(line, receiver, bdk):
    key, header = receiver.open(bytes.fromhex(line["keyBlock"]))
    is_tdes, expected = derived(bdk, line)
    assert header[5:9] == ("B1TX" if is_tdes else "B1AX"), header
    assert key == expected, "another key"
    value = check_value(key, is_tdes)
    assert value == line["kcv"], "another check value"
    return value


def open_line(line, kek, bdk):
    header, key = tr31.unwrap(kek, line["keyBlock"])
    is_tdes, expected = derived(bdk, line)
    assert (header.key_usage, header.mode_of_use) == ("B1", "X"), str(header)
    assert header.algorithm == ("T" if is_tdes else "A"), str(header)
    assert key == expected, "another key"
    for name, expected in (("KS", line["ksn"]), ("IK", line["ksn"][:16])):
        if name in header.blocks:
            assert header.blocks[name] == expected, name
    value = check_value(key, is_tdes)
    assert value == line["kcv"], "another check value"
    return value


for question in map(json.loads, sys.stdin):
    lines, bdk = question["lines"], bytes.fromhex(question["bdk"])
    if "kek" in question:
        kek = bytes.fromhex(question["kek"])
        answer = [open_line(line, kek, bdk) for line in lines]
    else:
        receiver = Receiver(question["leafKey"], question["hosts"])
        answer = [open_tr34(line, receiver, bdk) for line in lines]
    print(json.dumps(answer), flush=True)
