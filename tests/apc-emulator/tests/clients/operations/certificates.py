"""Operations on certificates, parameters and requests, with a look at what each answers."""

import base64
import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from partner_crypto import keys
from partner_crypto.certificates import Authority, from_wire
from service import USAGES, ServiceTest


class Certificates(ServiceTest):
    def one(self, text):
        certificates = from_wire(text)
        self.assertEqual(len(certificates), 1)
        return certificates[0]

    def test_parameters_for_import(self):
        for kind, algorithm in [
            ("KEY_CRYPTOGRAM", "RSA_2048"),
            ("KEY_CRYPTOGRAM", "RSA_3072"),
            ("TR34_KEY_BLOCK", "RSA_2048"),
            ("TR34_KEY_BLOCK", "RSA_3072"),
        ]:
            with self.subTest(f"{kind} {algorithm}"):
                arguments = {"KeyMaterialType": kind, "WrappingKeyAlgorithm": algorithm}
                first = self.service.get_parameters_for_import(**arguments)
                self.assertRegex(first["ImportToken"], r"^import-token-[0-9a-zA-Z]{16,64}$")
                self.assertEqual(first["WrappingKeyAlgorithm"], algorithm)
                size = self.one(first["WrappingKeyCertificate"]).public_key().key_size
                self.assertEqual(f"RSA_{size}", algorithm)
                self.assert_in_30_days(first["ParametersValidUntilTimestamp"])
                again = self.service.get_parameters_for_import(
                    **arguments, ReuseLastGeneratedToken=True
                )
                self.assertEqual(again["ImportToken"], first["ImportToken"])
                self.assertEqual(again["WrappingKeyCertificate"], first["WrappingKeyCertificate"])
                other = self.service.get_parameters_for_import(**arguments)
                self.assertNotEqual(other["ImportToken"], first["ImportToken"])

    def test_parameters_for_export(self):
        arguments = {"KeyMaterialType": "TR34_KEY_BLOCK", "SigningKeyAlgorithm": "RSA_2048"}
        first = self.service.get_parameters_for_export(**arguments)
        self.assertRegex(first["ExportToken"], r"^export-token-[0-9a-zA-Z]{16,64}$")
        self.assertEqual(first["SigningKeyAlgorithm"], "RSA_2048")
        self.assertEqual(self.one(first["SigningKeyCertificate"]).public_key().key_size, 2048)
        self.assert_in_30_days(first["ParametersValidUntilTimestamp"])
        again = self.service.get_parameters_for_export(**arguments, ReuseLastGeneratedToken=True)
        self.assertEqual(again["ExportToken"], first["ExportToken"])
        other = self.service.get_parameters_for_export(**arguments)
        self.assertNotEqual(other["ExportToken"], first["ExportToken"])

    def assert_in_30_days(self, time):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs((time - now).total_seconds() - 30 * 86_400), 3600)

    def test_public_key_certificates(self):
        for usage, algorithm, mode in [
            ("K3", "ECC_NIST_P256", "X"),
            ("K3", "ECC_NIST_P384", "X"),
            ("K3", "ECC_NIST_P521", "X"),
            ("S0", "RSA_2048", "S"),
        ]:
            with self.subTest(algorithm):
                more = {"DeriveKeyUsage": USAGES["K1"]} if usage == "K3" else {}
                key = self.create(usage, algorithm, mode, **more)
                answer = self.service.get_public_key_certificate(KeyIdentifier=key["KeyArn"])
                certificate = self.one(answer["KeyCertificate"])
                public_key = certificate.public_key()
                kind = ec.EllipticCurvePublicKey if usage == "K3" else rsa.RSAPublicKey
                self.assertIsInstance(public_key, kind)
                self.assertTrue(algorithm.endswith(str(public_key.key_size)))
                self.assertEqual(key["KeyCheckValue"], keys.public_key_check_value(public_key))
                root = from_wire(answer["KeyCertificateChain"])[0]
                certificate.verify_directly_issued_by(root)
                days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
                self.assertIn(days, (89, 90, 91))
                again = self.service.get_public_key_certificate(KeyIdentifier=key["KeyArn"])
                self.assertEqual(again["KeyCertificate"], answer["KeyCertificate"])

    def test_imported_certificates_and_their_chain(self):
        root = Authority("RSA_3072")
        material = {
            "KeyAttributes": {
                "KeyUsage": USAGES["S0"],
                "KeyClass": "PUBLIC_KEY",
                "KeyAlgorithm": "RSA_3072",
                "KeyModesOfUse": {"Verify": True},
            },
            "PublicKeyCertificate": root.wire(),
        }
        # A check value algorithm that does not fit is no reason to refuse.
        key = self.import_key("RootCertificatePublicKey", material, KeyCheckValueAlgorithm="CMAC")
        self.assertEqual(key["KeyOrigin"], "EXTERNAL")
        self.assertEqual(key["KeyAttributes"]["KeyClass"], "PUBLIC_KEY")
        intermediate = Authority("RSA_2048", "Partner Intermediate", parent=root)
        material["KeyAttributes"]["KeyAlgorithm"] = "RSA_2048"
        material["PublicKeyCertificate"] = intermediate.wire()
        material["CertificateAuthorityPublicKeyIdentifier"] = key["KeyArn"]
        under = self.import_key("TrustedCertificatePublicKey", material)
        expected = keys.public_key_check_value(intermediate.key.public_key())
        self.assertEqual(under["KeyCheckValue"], expected)
        answer = self.service.get_public_key_certificate(KeyIdentifier=under["KeyArn"])
        found = self.one(answer["KeyCertificate"]).public_key()
        self.assertEqual(found, intermediate.key.public_key())

    def test_certificate_signing_request(self):
        key = self.create("S0", "RSA_2048", "S")
        answer = self.service.get_certificate_signing_request(
            KeyIdentifier=key["KeyArn"],
            SigningAlgorithm="SHA256",
            CertificateSubject={"CommonName": "Signer", "Organization": "Key Ceremony"},
        )
        pem = base64.b64decode(answer["CertificateSigningRequest"], validate=True)
        request = x509.load_pem_x509_csr(pem)
        self.assertTrue(request.is_signature_valid)
        self.assertEqual(key["KeyCheckValue"], keys.public_key_check_value(request.public_key()))

    def test_import_and_export_of_a_key(self):
        """Here only that both operations work; the exchanges have programs of their own."""
        root = Authority("RSA_3072")
        leaf = root.leaf("RSA_3072")
        wrapped = self.export_key(
            self.create("K0", "AES_128")["KeyArn"],
            "KeyCryptogram",
            {
                "CertificateAuthorityPublicKeyIdentifier": self.import_root(root),
                "WrappingKeyCertificate": leaf.wire(),
            },
        )
        key = keys.rsa_unwrap(leaf.key, wrapped["KeyMaterial"])
        self.assert_exported(wrapped, "KEY_CRYPTOGRAM", "AES_128", key)
