"""Key agreement: the shared point's x coordinate through a key derivation function."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from .keys import LENGTHS

HASHES = {"SHA_256": hashes.SHA256, "SHA_384": hashes.SHA384, "SHA_512": hashes.SHA512}


def expand(shared_secret, kdf, hash_name, algorithm, shared_information):
    """As many bytes as a key of the algorithm has."""
    arguments = (HASHES[hash_name](), LENGTHS[algorithm], bytes.fromhex(shared_information))
    function = {"NIST_SP800": ConcatKDFHash, "ANSI_X963": X963KDF}[kdf]
    return function(*arguments).derive(shared_secret)


def derive(private_key, public_key, kdf, hash_name, algorithm, shared_information):
    """The key block protection key that both sides arrive at."""
    shared_secret = private_key.exchange(ec.ECDH(), public_key)
    return expand(shared_secret, kdf, hash_name, algorithm, shared_information)
