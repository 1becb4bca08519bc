"""TR-34 blocks, right ones and wrong ones, made by a partner's cryptography that is neither the
product's nor the emulator's. Prints JSON: the certificates in PEM, the blocks in hex."""

import dataclasses
import json

from cryptography.hazmat.primitives import serialization
from partner_crypto.certificates import Authority, Leaf
from partner_crypto.tr34 import Message, header

AUTHORITY = Authority("RSA_2048", "Host Root")
KDH = AUTHORITY.leaf("RSA_2048", "Host")
OTHER_KDH = AUTHORITY.leaf("RSA_2048", "Other Host")
KRD = AUTHORITY.leaf("RSA_3072", "Device").certificate
LARGER_KRD = AUTHORITY.leaf("RSA_4096", "Device").certificate

TDES = Message(KDH, KRD, bytes(range(16)), header("K0", "TDES", "B"))
AES = dataclasses.replace(TDES, header=header("K0", "AES", "B"))


class Weak(Message):
    """An AES key under TDES."""

    def envelope(self):
        claimed = header("K0", "TDES", "B")
        return Message(self.kdh, self.krd, self.key, claimed, inner_header=self.header).envelope()


class Unsorted(Message):
    """The attributes the other way round."""

    def attributes(self, envelope):
        from partner_crypto.der import SEQUENCE, Reader, sequence

        reader, parts = Reader(super().attributes(envelope)), []
        while reader.data:
            parts.append(reader.raw(SEQUENCE))
        return b"".join(reversed(parts))


def with_header(**fields):
    return dataclasses.replace(AES, header=header(**{"usage": "K0", "algorithm": "AES", "mode": "B", **fields}))


fields = {field.name: getattr(AES, field.name) for field in dataclasses.fields(AES)}
blocks = {
    "tdes": TDES,
    "aes": AES,
    "nonce8": dataclasses.replace(AES, nonce=b"\xa5" * 8),
    "nonce16": dataclasses.replace(TDES, nonce=b"\xa5" * 16),
    "unsorted": Unsorted(**fields),
    "other-host": dataclasses.replace(AES, kdh=OTHER_KDH),
    "other-key": dataclasses.replace(AES, kdh=Leaf(OTHER_KDH.key, KDH.certificate)),
    "other-device": dataclasses.replace(AES, krd=LARGER_KRD),
    "other-envelope": dataclasses.replace(AES, signed_envelope=AES.envelope()),
    "other-nonce": dataclasses.replace(AES, nonce=b"\x5a" * 8),
    "usage": with_header(usage="D0"),
    "mode": with_header(mode="E"),
    "exportability": with_header(exportability="N"),
    "weak": Weak(**fields),
}


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


print(
    json.dumps(
        {
            "kdh": pem(KDH.certificate),
            "krd": pem(KRD),
            "largerKrd": pem(LARGER_KRD),
            "blocks": {name: block.encode() for name, block in blocks.items()},
        }
    )
)
