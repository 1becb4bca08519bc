"""Opens a key block under a key that is agreed on, as a partner would, with nothing of this project.

Reads one JSON document from standard input and writes one to standard output.
"""

import json
import sys

from cryptography.hazmat.primitives import cmac, hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from psec import tr31

HASHES = {"SHA_256": hashes.SHA256, "SHA_384": hashes.SHA384, "SHA_512": hashes.SHA512}
FUNCTIONS = {"NIST_SP800": ConcatKDFHash, "ANSI_X963": X963KDF}


def check_value(algorithm, key):
    if algorithm == "A":
        mac = cmac.CMAC(algorithms.AES(key))
        mac.update(bytes(16))
        return mac.finalize()[:3].hex().upper()
    whole = key + key[:8] if len(key) == 16 else key
    cipher = Cipher(algorithms.TripleDES(whole), modes.ECB()).encryptor()
    return cipher.update(bytes(8))[:3].hex().upper()


asked = json.load(sys.stdin)
private_key = load_pem_private_key(asked["privateKey"].encode(), None)
certificate = load_pem_x509_certificate(asked["certificate"].encode())
certificate.verify_directly_issued_by(load_pem_x509_certificate(asked["issuer"].encode()))

secret = private_key.exchange(ec.ECDH(), certificate.public_key())
function = FUNCTIONS[asked["kdf"]](
    HASHES[asked["hash"]](), asked["derivedBytes"], bytes.fromhex(asked["sharedInformation"])
)
header, key = tr31.unwrap(function.derive(secret), asked["block"])
fields = [
    header.version_id,
    header.key_usage,
    header.algorithm,
    header.mode_of_use,
    header.version_num,
    header.exportability,
]
answer = {"header": fields, "key": key.hex(), "kcv": check_value(header.algorithm, key)}
json.dump(answer, sys.stdout)
