"""The two clients that agree on a key."""

import secrets
import unittest

from cryptography.hazmat.primitives.asymmetric import ec

from partner_crypto import agreement, keys, tr31
from partner_crypto.certificates import Authority, from_wire
from service import authority_attributes, client

from .habits import ENCRYPTION_MODES, SampleTest


class AgreedImport(SampleTest):
    """A key of the partner's comes under a key that both agree on, over P-521."""

    def test_every_kind_of_key(self):
        for usage, algorithm, mode, start in [
            ("K0", "AES_128", "B", "D0144K0AB00E0000"),
            ("D0", "TDES_2KEY", "B", "D0112D0TB00E0000"),
            ("K0", "AES_256", "B", "D0144K0AB00E0000"),
            ("M7", "HMAC_SHA256", "C", "D0160M7HC00E0200HM0621PB0A"),
        ]:
            with self.subTest(f"{usage} {algorithm}"):
                self.run_once(usage, algorithm, mode, start)

    def run_once(self, usage, algorithm, mode, start):
        pair = self.service.create_key(
            Exportable=True,
            KeyAttributes={
                "KeyAlgorithm": "ECC_NIST_P521",
                "KeyUsage": "TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT",
                "KeyClass": "ASYMMETRIC_KEY_PAIR",
                "KeyModesOfUse": {"DeriveKey": True},
            },
            DeriveKeyUsage="TR31_K1_KEY_BLOCK_PROTECTION_KEY",
        )["Key"]
        answer = self.service.get_public_key_certificate(KeyIdentifier=pair["KeyArn"])
        (certificate,) = from_wire(answer["KeyCertificate"])
        # Basic constraints and nothing else; the certificate is its own authority.
        sender = Authority("ECC_NIST_P521", "Sender")
        self.assertEqual(len(sender.certificate.extensions), 1)
        authority = self.root_under("alias/ecdh-sender", sender, "ANSI_X9_24")
        shared_information = secrets.token_hex(16).upper()
        secret = sender.key.exchange(ec.ECDH(), certificate.public_key())
        derived = agreement.expand(secret, "NIST_SP800", "SHA_256", "AES_256", shared_information)
        key = keys.new_key(algorithm)
        block = tr31.wrap(derived, key, usage, algorithm, mode)
        self.assertTrue(block.startswith(start), block[:32])
        imported = self.service.import_key(
            KeyMaterial={
                "DiffieHellmanTr31KeyBlock": {
                    "CertificateAuthorityPublicKeyIdentifier": authority,
                    "DerivationData": {"SharedInformation": shared_information},
                    "DeriveKeyAlgorithm": "AES_256",
                    "KeyDerivationFunction": "NIST_SP800",
                    "KeyDerivationHashAlgorithm": "SHA_256",
                    "PrivateKeyIdentifier": pair["KeyArn"],
                    "PublicKeyCertificate": sender.wire(),
                    "WrappedKeyBlock": block,
                }
            },
            Tags=[],
        )["Key"]
        self.assertEqual(imported["KeyCheckValue"], keys.kcv(algorithm, key))


class BetweenTwoRegions(unittest.TestCase):
    """A key goes from one region of the service to another; neither side is a partner."""

    def prepare(self, service):
        pair = service.create_key(
            Exportable=True,
            KeyAttributes={
                "KeyAlgorithm": "ECC_NIST_P521",
                "KeyUsage": "TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT",
                "KeyClass": "ASYMMETRIC_KEY_PAIR",
                "KeyModesOfUse": {"DeriveKey": True},
            },
            DeriveKeyUsage="TR31_K1_KEY_BLOCK_PROTECTION_KEY",
        )["Key"]["KeyArn"]
        return pair, service.get_public_key_certificate(KeyIdentifier=pair)

    def trust(self, service, certificates):
        """The other region's authority, taken for one on P-521 without a look."""
        return service.import_key(
            KeyMaterial={
                "RootCertificatePublicKey": {
                    "KeyAttributes": authority_attributes("ECC_NIST_P521"),
                    "PublicKeyCertificate": certificates["KeyCertificateChain"],
                }
            }
        )["Key"]["KeyArn"]

    def agreed(self, pair, authority, certificates):
        return {
            "PrivateKeyIdentifier": pair,
            "CertificateAuthorityPublicKeyIdentifier": authority,
            "PublicKeyCertificate": certificates["KeyCertificate"],
            "DeriveKeyAlgorithm": "AES_256",
            "KeyDerivationFunction": "NIST_SP800",
            "KeyDerivationHashAlgorithm": "SHA_256",
            "DerivationData": {"SharedInformation": "0123456789"},
        }

    def test_a_key_travels(self):
        west, east = client("us-west-2"), client("us-east-2")
        key = west.create_key(
            Exportable=True,
            KeyAttributes={
                "KeyAlgorithm": "AES_256",
                "KeyUsage": "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
                "KeyClass": "SYMMETRIC_KEY",
                "KeyModesOfUse": ENCRYPTION_MODES,
            },
        )["Key"]
        west_pair, west_certificates = self.prepare(west)
        east_pair, east_certificates = self.prepare(east)
        east_in_west = self.trust(west, east_certificates)
        west_in_east = self.trust(east, west_certificates)
        wrapped = west.export_key(
            ExportKeyIdentifier=key["KeyArn"],
            KeyMaterial={
                "DiffieHellmanTr31KeyBlock": self.agreed(west_pair, east_in_west, east_certificates)
            },
        )["WrappedKey"]
        self.assertEqual(wrapped["WrappedKeyMaterialFormat"], "TR31_KEY_BLOCK")
        self.assertTrue(wrapped["KeyMaterial"].startswith("D0144K1AB00E0000"))
        imported = east.import_key(
            KeyMaterial={
                "DiffieHellmanTr31KeyBlock": {
                    **self.agreed(east_pair, west_in_east, west_certificates),
                    "WrappedKeyBlock": wrapped["KeyMaterial"],
                }
            }
        )["Key"]
        self.assertEqual(imported["KeyCheckValue"], key["KeyCheckValue"])
        self.assertIn(":us-east-2:", imported["KeyArn"])
