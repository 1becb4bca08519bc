"""A partner's certification authority: roots, intermediates, leaves, answers to requests."""

import base64
import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

CURVES = {
    "ECC_NIST_P256": (ec.SECP256R1(), hashes.SHA256()),
    "ECC_NIST_P384": (ec.SECP384R1(), hashes.SHA384()),
    "ECC_NIST_P521": (ec.SECP521R1(), hashes.SHA512()),
}


@functools.cache
def private_key(algorithm, owner):
    """A key pair, made once per program: RSA keys take long."""
    if algorithm.startswith("RSA"):
        return rsa.generate_private_key(65537, int(algorithm.removeprefix("RSA_")))
    return ec.generate_private_key(CURVES[algorithm][0])


def name(common_name):
    attributes = [(NameOID.COUNTRY_NAME, "FR"), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])


def wire(certificate):
    """As the service wants certificates: base64 of PEM."""
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.PEM)).decode()


def from_wire(text):
    """The certificates in a field of an answer."""
    return x509.load_pem_x509_certificates(base64.b64decode(text, validate=True))


class Authority:
    """A certification authority: a root, or an intermediate under another authority."""

    def __init__(self, algorithm, common_name="Partner Root", parent=None, owner=None, **fields):
        self.algorithm = algorithm
        self.key = private_key(algorithm, owner or common_name)
        self.name = name(common_name)
        extensions = [(x509.BasicConstraints(ca=True, path_length=None), True)]
        issuer = parent or self
        self.certificate = issuer.certify(self.key.public_key(), self.name, extensions, **fields)

    def certify(
        self, public_key, subject, extensions=(), serial=None, not_before=None, not_after=None
    ):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(not_before or now - datetime.timedelta(days=1))
            .not_valid_after(not_after or now + datetime.timedelta(days=365))
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, self.hash())

    def hash(self):
        return CURVES[self.algorithm][1] if self.algorithm in CURVES else hashes.SHA256()

    def leaf(self, algorithm, common_name="Partner Leaf", **fields):
        """A leaf without extensions, as partners' systems often make them."""
        key = private_key(algorithm, common_name)
        return Leaf(key, self.certify(key.public_key(), name(common_name), **fields))

    def answer(self, request):
        """A certificate for a signing request (base64 of PEM), after a look at its signature."""
        request = x509.load_pem_x509_csr(base64.b64decode(request, validate=True))
        assert request.is_signature_valid
        return self.certify(request.public_key(), request.subject)

    def wire(self):
        return wire(self.certificate)


class Leaf:
    """A private key and the certificate for it."""

    def __init__(self, key, certificate):
        self.key = key
        self.certificate = certificate

    def wire(self):
        return wire(self.certificate)
