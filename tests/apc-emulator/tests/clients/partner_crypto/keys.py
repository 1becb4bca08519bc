"""Clear keys: check values, RSA wrap, DUKPT initial keys, AS2805 variants."""

import hashlib
import hmac
import secrets

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import cmac, hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

LENGTHS = {"TDES_2KEY": 16, "TDES_3KEY": 24, "AES_128": 16, "AES_192": 24, "AES_256": 32}


def new_key(algorithm):
    """Random bytes; TDES parity is nobody's concern, as a key must arrive byte for byte."""
    if algorithm.startswith("HMAC"):
        return secrets.token_bytes(int(algorithm[-3:]) // 8)
    return secrets.token_bytes(LENGTHS[algorithm])


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def tdes(key, mode):
    """A double-length key is K1 K2 K1."""
    return Cipher(TripleDES(key + key[:8] if len(key) == 16 else key), mode)


def encrypt(cipher, data):
    context = cipher.encryptor()
    return context.update(data) + context.finalize()


def decrypt(cipher, data):
    context = cipher.decryptor()
    return context.update(data) + context.finalize()


def kcv(algorithm, key):
    """The key check value by the method of the key's algorithm, upper-case hexadecimal."""
    if algorithm.startswith("TDES"):
        value = encrypt(tdes(key, modes.ECB()), bytes(8))
    elif algorithm.startswith("AES"):
        context = cmac.CMAC(algorithms.AES(key))
        context.update(bytes(16))
        value = context.finalize()
    else:
        value = hmac.digest(key, b"", algorithm.removeprefix("HMAC_").lower())
    return value[:3].hex().upper()


def public_key_check_value(public_key):
    """SHA-1 over the SubjectPublicKeyInfo: the emulator's choice, as the service documents none."""
    info = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha1(info).hexdigest()[:8].upper()


def oaep(hash_algorithm):
    """One hash for the label and for MGF1; no label."""
    return padding.OAEP(padding.MGF1(hash_algorithm), hash_algorithm, None)


WRAPPING_SPECS = {
    "RSA_OAEP_SHA_256": oaep(hashes.SHA256()),
    "RSA_OAEP_SHA_512": oaep(hashes.SHA512()),
}


def rsa_wrap(public_key, key, spec="RSA_OAEP_SHA_256"):
    return public_key.encrypt(key, WRAPPING_SPECS[spec]).hex().upper()


def rsa_unwrap(private_key, cryptogram, spec="RSA_OAEP_SHA_256"):
    return private_key.decrypt(bytes.fromhex(cryptogram), WRAPPING_SPECS[spec])


def tdes_initial_key(bdk, ksn):
    """X9.24-1: the left half under the base derivation key, the right half under its variant."""
    base = bytearray(ksn[:8])
    base[7] &= 0xE0
    variant = xor(bdk, bytes.fromhex("C0C0C0C000000000") * 2)
    halves = (encrypt(tdes(key, modes.ECB()), bytes(base)) for key in (bdk, variant))
    return b"".join(halves)


def aes_initial_key(bdk, ksn):
    """X9.24-3: counter, usage 8001, algorithm, length in bits, initial key id."""
    algorithm = {16: "0002", 24: "0003", 32: "0004"}[len(bdk)]
    key = b""
    for counter in (1, 2):
        text = f"01{counter:02X}8001{algorithm}{8 * len(bdk):04X}"
        block = bytes.fromhex(text) + ksn[:8]
        key += encrypt(Cipher(algorithms.AES(bdk), modes.ECB()), block)
    return key[: len(bdk)]


def initial_key(algorithm, bdk, ksn):
    derive = tdes_initial_key if algorithm == "TDES_2KEY" else aes_initial_key
    return derive(bdk, bytes.fromhex(ksn))


AS2805_MASKS = {
    "TERMINAL_MAJOR_KEY_VARIANT_00": "0000",
    "PIN_ENCRYPTION_KEY_VARIANT_28": "28C0",
    "MESSAGE_AUTHENTICATION_KEY_VARIANT_24": "24C0",
    "DATA_ENCRYPTION_KEY_VARIANT_22": "22C0",
}


def as2805_cipher(kek, variant):
    mask = bytes.fromhex(AS2805_MASKS[variant]) * (len(kek) // 2)
    return tdes(xor(kek, mask), modes.CBC(bytes(8)))


def as2805_wrap(kek, variant, key):
    return encrypt(as2805_cipher(kek, variant), key).hex().upper()


def as2805_unwrap(kek, variant, cryptogram):
    return decrypt(as2805_cipher(kek, variant), bytes.fromhex(cryptogram))
