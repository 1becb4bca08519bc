"""TR-34 messages as the service takes and gives them (format X9_TR34_2012, not CMS).

KDH: key distribution host, the sender, who signs. KRD: key receiving device, to whose certificate
the key is encrypted. A two-pass message has the receiver's nonce, a one-pass message the time.
"""

import dataclasses
import datetime
import hashlib
import secrets
import typing

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .certificates import Leaf
from .der import (
    CONTEXT_0,
    CONTEXT_0_PRIMITIVE,
    INTEGER,
    NULL,
    OCTET_STRING,
    SEQUENCE,
    SET,
    UTC_TIME,
    Reader,
    element,
    integer,
    octets,
    oid,
    only,
    sequence,
    set_of,
)
from .keys import decrypt, encrypt, oaep, tdes

DATA = oid("1.2.840.113549.1.7.1")
SIGNED_DATA = oid("1.2.840.113549.1.7.2")
ENVELOPED_DATA = oid("1.2.840.113549.1.7.3")
CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
SIGNING_TIME = oid("1.2.840.113549.1.9.5")
RANDOM_NONCE = oid("1.2.840.113549.1.9.25.3")
RSA_ENCRYPTION = oid("1.2.840.113549.1.1.1")
SHA256 = oid("2.16.840.1.101.3.4.2.1")
DES_EDE3_CBC = oid("1.2.840.113549.3.7")
AES128_CBC = oid("2.16.840.1.101.3.4.1.2")
OAEP_SHA256 = sequence(
    oid("1.2.840.113549.1.1.7"),
    sequence(
        sequence(SHA256, element(NULL)),
        sequence(oid("1.2.840.113549.1.1.8"), sequence(SHA256)),
        sequence(oid("1.2.840.113549.1.1.9"), octets(b"")),
    ),
)


def issuer_and_serial(certificate):
    """Names the certificate; the issuer's name exactly as it stands there."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    fields = only(der, SEQUENCE).inner(SEQUENCE)
    if fields.data[0] == CONTEXT_0:
        fields.raw(CONTEXT_0)
    serial = fields.raw(INTEGER)
    fields.raw(SEQUENCE)
    return sequence(fields.raw(SEQUENCE), serial)


def header(usage, algorithm, mode, exportability="E"):
    """A key block header; version and length mean nothing in TR-34, senders fill in anything."""
    return f"D9999{usage}{algorithm[0]}{mode}00{exportability}0000"


@dataclasses.dataclass
class Message:
    """A message to be. The fields with a default let tests make wrong ones."""

    kdh: Leaf
    krd: x509.Certificate
    key: bytes
    header: str
    nonce: typing.Optional[bytes] = None
    padded: bool = True
    inner_header: typing.Optional[str] = None
    inner_kdh: typing.Optional[x509.Certificate] = None
    signed_envelope: typing.Optional[bytes] = None

    def clear_key_block(self):
        named = issuer_and_serial(self.inner_kdh or self.kdh.certificate)
        attribute = sequence(DATA, set_of(octets((self.inner_header or self.header).encode())))
        return sequence(integer(1), named, octets(self.key), attribute)

    def envelope(self):
        """Three elements in a row, without a SEQUENCE around them."""
        clear = self.clear_key_block()
        if self.header[7] == "T":
            ephemeral, iv, cipher_oid = (
                secrets.token_bytes(24),
                secrets.token_bytes(8),
                DES_EDE3_CBC,
            )
            cipher = tdes(ephemeral, modes.CBC(iv))
        else:
            ephemeral, iv, cipher_oid = secrets.token_bytes(16), secrets.token_bytes(16), AES128_CBC
            cipher = Cipher(algorithms.AES(ephemeral), modes.CBC(iv))
        if self.padded:
            missing = len(iv) - len(clear) % len(iv)
            clear += bytes([missing]) * missing
        recipient = sequence(
            integer(0),
            issuer_and_serial(self.krd),
            OAEP_SHA256,
            octets(self.krd.public_key().encrypt(ephemeral, oaep(hashes.SHA256()))),
        )
        encrypted = element(CONTEXT_0_PRIMITIVE, encrypt(cipher, clear))
        content = sequence(DATA, sequence(cipher_oid, octets(iv), encrypted))
        return integer(0) + set_of(recipient) + content

    def attributes(self, envelope):
        if self.nonce is None:
            now = datetime.datetime.now(datetime.timezone.utc).strftime("%y%m%d%H%M%SZ")
            second = sequence(SIGNING_TIME, set_of(element(UTC_TIME, now.encode())))
        else:
            second = sequence(RANDOM_NONCE, set_of(octets(self.nonce)))
        return (
            sequence(CONTENT_TYPE, set_of(ENVELOPED_DATA))
            + second
            + sequence(DATA, set_of(octets(self.header.encode())))
            + sequence(MESSAGE_DIGEST, set_of(octets(hashlib.sha256(envelope).digest())))
        )

    def encode(self):
        """The whole message, upper-case hexadecimal."""
        envelope = self.envelope()
        attributes = self.attributes(self.signed_envelope or envelope)
        signer = sequence(
            integer(1),
            issuer_and_serial(self.kdh.certificate),
            sequence(SHA256),
            element(CONTEXT_0, attributes),
            sequence(RSA_ENCRYPTION, element(NULL)),
            octets(self.kdh.key.sign(set_of(attributes), padding.PKCS1v15(), hashes.SHA256())),
        )
        signed = sequence(
            integer(1),
            set_of(sequence(SHA256)),
            sequence(ENVELOPED_DATA, element(CONTEXT_0, octets(envelope))),
            set_of(signer),
        )
        return sequence(SIGNED_DATA, element(CONTEXT_0, signed)).hex().upper()


def open_message(message, kdh, krd, nonce=None):
    """The key and its header, after every check that a careful receiver makes.

    `kdh` is the certificate of the sender, `krd` the receiver's certificate and private key.
    """
    assert message == message.upper(), "the wire has upper-case hexadecimal"
    content_info = only(bytes.fromhex(message), SEQUENCE)
    content_info.expect(SIGNED_DATA)
    signed = only(content_info.content(CONTEXT_0), SEQUENCE)
    content_info.end()
    signed.expect(integer(1) + set_of(sequence(SHA256)))
    content = signed.inner(SEQUENCE)
    content.expect(ENVELOPED_DATA)
    octet_string = content.inner(CONTEXT_0)
    content.end()
    envelope = octet_string.content(OCTET_STRING)
    octet_string.end()
    signer = only(signed.content(SET), SEQUENCE)
    # No certificates and no revocation lists.
    signed.end()

    signer.expect(integer(1) + issuer_and_serial(kdh) + sequence(SHA256))
    attributes = signer.content(CONTEXT_0)
    signer.expect(sequence(RSA_ENCRYPTION, element(NULL)))
    signature = signer.content(OCTET_STRING)
    signer.end()
    kdh.public_key().verify(signature, set_of(attributes), padding.PKCS1v15(), hashes.SHA256())
    outer_header = read_attributes(attributes, envelope, nonce)

    clear, block_length = open_envelope(envelope, krd)
    fields = Reader(clear)
    block = fields.inner(SEQUENCE)
    missing = len(fields.data)
    assert 1 <= missing <= block_length and fields.data == bytes([missing]) * missing, "padding"
    block.expect(integer(1) + issuer_and_serial(kdh))
    key = block.content(OCTET_STRING)
    block.expect(sequence(DATA, set_of(octets(outer_header))))
    block.end()
    return key, outer_header.decode("ascii")


def read_attributes(attributes, envelope, nonce):
    """The header, if the digest, the nonce and the order are right."""
    reader = Reader(attributes)
    reader.expect(sequence(CONTENT_TYPE, set_of(ENVELOPED_DATA)))
    if nonce is None:
        signing_time = reader.inner(SEQUENCE)
        signing_time.expect(SIGNING_TIME)
        text = only(signing_time.content(SET), UTC_TIME).data.decode("ascii")
        signing_time.end()
        time = datetime.datetime.strptime(text, "%y%m%d%H%M%SZ").replace(
            tzinfo=datetime.timezone.utc
        )
        assert abs(datetime.datetime.now(datetime.timezone.utc) - time).total_seconds() < 300, text
    else:
        reader.expect(sequence(RANDOM_NONCE, set_of(octets(nonce))))
    data = reader.inner(SEQUENCE)
    data.expect(DATA)
    found = only(data.content(SET), OCTET_STRING).data
    data.end()
    digest = hashlib.sha256(envelope).digest()
    reader.expect(sequence(MESSAGE_DIGEST, set_of(octets(digest))))
    reader.end()
    return found


def open_envelope(envelope, krd):
    """The decrypted key block with its padding, and the block length of the cipher."""
    reader = Reader(envelope)
    reader.expect(integer(0))
    recipient = only(reader.content(SET), SEQUENCE)
    recipient.expect(integer(0) + issuer_and_serial(krd.certificate) + OAEP_SHA256)
    ephemeral = krd.key.decrypt(recipient.content(OCTET_STRING), oaep(hashes.SHA256()))
    recipient.end()
    content = reader.inner(SEQUENCE)
    reader.end()
    content.expect(DATA)
    algorithm = content.inner(SEQUENCE)
    content.end()
    if len(ephemeral) == 24:
        algorithm.expect(DES_EDE3_CBC)
        iv = algorithm.content(OCTET_STRING)
        halves = {ephemeral[:8], ephemeral[8:16], ephemeral[16:]}
        assert len(halves) == 3, "libraries refuse a TDES key with equal parts"
        cipher = tdes(ephemeral, modes.CBC(iv))
    else:
        assert len(ephemeral) == 16, len(ephemeral)
        algorithm.expect(AES128_CBC)
        iv = algorithm.content(OCTET_STRING)
        cipher = Cipher(algorithms.AES(ephemeral), modes.CBC(iv))
    encrypted = algorithm.content(CONTEXT_0_PRIMITIVE)
    algorithm.end()
    return decrypt(cipher, encrypted), len(iv)
