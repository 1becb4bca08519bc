"""Opens packages with psec and Python's cryptography, which share nothing with this project.

Each line of the input names a folder with a package and the leaf's private key; each line of the
output has the KEK and its check value, in hex.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path

import psec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    TripleDES = algorithms.TripleDES

HASHES = {"SHA_256": hashes.SHA256, "SHA_384": hashes.SHA384, "SHA_512": hashes.SHA512}
LENGTHS = {"TDES_2KEY": 16, "TDES_3KEY": 24, "AES_128": 16, "AES_192": 24, "AES_256": 32}


def elements(data):
    """The elements of DER, one after another: tag, whole, contents."""
    found = []
    while data:
        length, header = data[1], 2
        if length & 0x80:
            header += length & 0x7F
            length = int.from_bytes(data[2:header], "big")
        found.append((data[0], data[: header + length], data[header : header + length]))
        data = data[header + length :]
    return found


def within(data, *path):
    """The element at these positions, level by level."""
    element = elements(data)[path[0]]
    return within(element[2], *path[1:]) if path[1:] else element


def oaep(key, hash_name, cryptogram):
    algorithm = HASHES[hash_name]()
    return key.decrypt(cryptogram, padding.OAEP(padding.MGF1(algorithm), algorithm, None))


def rsa_oaep(package, wrapping, key):
    return oaep(key, wrapping["hash"], (package / "wrapped-kek.bin").read_bytes())


def tr34(package, wrapping, key):
    """X9_TR34_2012: signature, digest, names, headers and nonce, then the key."""
    block = (package / "key-block.der").read_bytes()
    envelope = within(block, 0, 1, 0, 2, 1, 0)[2]
    signer = within(block, 0, 1, 0, 3, 0)[2]
    attributes = within(signer, 3)[1]
    kdh = x509.load_pem_x509_certificate((package / "kdh-certificate.pem").read_bytes())
    signed = b"\x31" + attributes[1:]
    kdh.public_key().verify(within(signer, 5)[2], signed, padding.PKCS1v15(), hashes.SHA256())
    told = {}
    for _, _, attribute in elements(within(signer, 3)[2]):
        told[within(attribute, 0)[2].hex()] = within(attribute, 1, 0)[2]
    assert told["2a864886f70d010904"] == sha256(envelope).digest(), "another envelope"
    nonce = told.get("2a864886f70d01091903")
    assert (nonce.hex().upper() if nonce else None) == wrapping["nonce"], "another nonce"
    ephemeral = oaep(key, "SHA_256", within(envelope, 1, 0, 3)[2])
    algorithm, iv, ciphertext = (element[2] for element in elements(within(envelope, 2, 1)[2]))
    cipher = {"2a864886f70d0307": TripleDES, "608648016503040102": algorithms.AES}
    decryptor = Cipher(cipher[algorithm.hex()](ephemeral), modes.CBC(iv)).decryptor()
    clear = decryptor.update(ciphertext) + decryptor.finalize()
    _, sender, kek, attribute = elements(elements(clear)[0][2])
    assert sender[1] == within(signer, 1)[1], "another sender inside"
    header = within(attribute[2], 1, 0)[2]
    assert header == told["2a864886f70d010701"] == wrapping["header"]["text"].encode()
    return kek[2]


def ecdh(package, wrapping, key):
    ours = x509.load_pem_x509_certificate((package / "agreement-certificate.pem").read_bytes())
    secret = key.exchange(ec.ECDH(), ours.public_key())
    functions = {"NIST_SP800": ConcatKDFHash, "ANSI_X963": X963KDF}
    derive = functions[wrapping["keyDerivationFunction"]](
        HASHES[wrapping["keyDerivationHash"]](),
        LENGTHS[wrapping["derivedKey"]],
        bytes.fromhex((package / "shared-information.hex").read_text()),
    )
    block = (package / "key-block.txt").read_text()
    header, kek = psec.tr31.unwrap(derive.derive(secret), block)
    assert header.key_usage == "K0", header.key_usage
    return kek


def check_value(algorithm, kek):
    if algorithm.startswith("TDES"):
        encryptor = Cipher(TripleDES(kek), modes.ECB()).encryptor()
        return encryptor.update(bytes(8))[:3]
    mac = CMAC(algorithms.AES(kek))
    mac.update(bytes(16))
    return mac.finalize()[:3]


METHODS = {"rsa-oaep": rsa_oaep, "tr34": tr34, "ecdh": ecdh}

for line in sys.stdin:
    folder = Path(line.rstrip("\n"))
    package = folder / "package"
    manifest = json.loads((package / "manifest.json").read_text())
    wrapping = manifest["wrapping"]
    leaf = serialization.load_pem_private_key((folder / "leaf.key").read_bytes(), None)
    kek = METHODS[wrapping["method"]](package, wrapping, leaf)
    kcv = check_value(manifest["kek"]["algorithm"], kek).hex().upper()
    print(kek.hex().upper(), kcv, flush=True)
