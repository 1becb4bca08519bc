"""Opens a TR-34 block with Python's `cryptography`: its signature, digest and names, then the key in it."""

from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES

CIPHERS = {"2a864886f70d0307": TripleDES, "608648016503040102": algorithms.AES}


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


class Receiver:
    """Who opens blocks, and whom it knows as senders."""

    def __init__(self, leaf_key, hosts):
        self.key = serialization.load_pem_private_key(leaf_key.encode(), None)
        self.hosts = {}
        for host in x509.load_pem_x509_certificates(hosts.encode()):
            self.hosts[(host.issuer.public_bytes(), host.serial_number)] = host

    def open(self, block):
        """The key in it and the header that the sender signed."""
        envelope = within(block, 0, 1, 0, 2, 1, 0)[2]
        signer = within(block, 0, 1, 0, 3, 0)[2]
        issuer, serial = elements(within(signer, 1)[2])
        host = self.hosts[(issuer[1], int.from_bytes(serial[2], "big"))]
        signed = b"\x31" + within(signer, 3)[1][1:]
        host.public_key().verify(
            within(signer, 5)[2], signed, padding.PKCS1v15(), hashes.SHA256()
        )
        told = {}
        for _, _, attribute in elements(within(signer, 3)[2]):
            told[within(attribute, 0)[2].hex()] = within(attribute, 1, 0)[2]
        assert told["2a864886f70d010904"] == sha256(envelope).digest(), "another envelope"
        assert "2a864886f70d010905" in told, "it does not say when it was signed"
        clear = self.decrypt(envelope)
        _, sender, key, attribute = elements(elements(clear)[0][2])
        assert sender[1] == within(signer, 1)[1], "another sender inside"
        header = within(attribute[2], 1, 0)[2]
        assert header == told["2a864886f70d010701"], "another header inside"
        return key[2], header.decode()

    def decrypt(self, envelope):
        digest = hashes.SHA256()
        oaep = padding.OAEP(padding.MGF1(digest), digest, None)
        ephemeral = self.key.decrypt(within(envelope, 1, 0, 3)[2], oaep)
        algorithm, iv, ciphertext = (it[2] for it in elements(within(envelope, 2, 1)[2]))
        cipher = Cipher(CIPHERS[algorithm.hex()](ephemeral), modes.CBC(iv))
        decryptor = cipher.decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()
