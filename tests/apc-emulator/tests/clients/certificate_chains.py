"""The certificates and requests that the service makes, in the eyes of the `openssl` program."""

import base64
import datetime
import pathlib
import re
import tempfile

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from partner_crypto.openssl import openssl
from service import USAGES, ServiceTest

# As observed in 2023, and a few words that keep anyone from taking it for the real service's.
ISSUER = [
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.ORGANIZATION_NAME, "AWS Cryptography"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "AWS Payment Cryptography test double"),
    (NameOID.STATE_OR_PROVINCE_NAME, "Virginia"),
    (NameOID.COMMON_NAME, None),
    (NameOID.LOCALITY_NAME, "Arlington"),
]


class Chains(ServiceTest):
    def setUp(self):
        # Certificates only, no keys.
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def write(self, name, text):
        path = self.directory / name
        path.write_bytes(base64.b64decode(text, validate=True))
        return path

    def verify(self, certificate, chain):
        """The leaf as a client sees it, after `openssl verify` against the chain's last."""
        leaf, authorities = self.write("leaf.pem", certificate), self.write("chain.pem", chain)
        output = openssl(
            "verify", "-x509_strict", "-CAfile", authorities, "-purpose", "sslserver", leaf
        )
        self.assertIn("leaf.pem: OK", output)
        self.assertEqual(leaf.read_text().count("BEGIN CERTIFICATE"), 1)
        authority = x509.load_pem_x509_certificates(authorities.read_bytes())[-1]
        return x509.load_pem_x509_certificate(leaf.read_bytes()), authority

    def assert_as_observed(self, leaf, authority):
        """Names and extensions as the real service's were in 2023."""
        self.assertEqual(leaf.issuer, authority.subject)
        attributes = list(leaf.issuer)
        self.assertEqual([attribute.oid for attribute in attributes], [oid for oid, _ in ISSUER])
        for attribute, (_, expected) in zip(attributes, ISSUER, strict=True):
            if expected is None:
                self.assertRegex(attribute.value, r"^[0-9]{12}$")
            else:
                self.assertEqual(attribute.value, expected)
        names = {attribute.oid: attribute.value for attribute in leaf.subject}
        self.assertEqual(set(names), {NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER})
        self.assertRegex(names[NameOID.COMMON_NAME], r"^[0-9]{12}$")
        self.assertRegex(names[NameOID.SERIAL_NUMBER], r"^[0-9]{10}$")
        self.assertLessEqual(leaf.serial_number.bit_length(), 128)
        self.assertGreater(leaf.serial_number.bit_length(), 96)

        extensions = leaf.extensions
        self.assertFalse(extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        self.assertTrue(usage.critical and usage.value.digital_signature)
        self.assertTrue(usage.value.key_encipherment)
        extended = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        purposes = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
        self.assertEqual(set(extended), purposes)
        for oid in (ExtensionOID.AUTHORITY_KEY_IDENTIFIER, ExtensionOID.SUBJECT_KEY_IDENTIFIER):
            extensions.get_extension_for_oid(oid)
        self.assertTrue(
            authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        )

    def test_parameters_for_import_and_export(self):
        imported = self.service.get_parameters_for_import(
            KeyMaterialType="KEY_CRYPTOGRAM", WrappingKeyAlgorithm="RSA_3072"
        )
        exported = self.service.get_parameters_for_export(
            KeyMaterialType="TR34_KEY_BLOCK", SigningKeyAlgorithm="RSA_2048"
        )
        for kind, answer in [("WrappingKey", imported), ("SigningKey", exported)]:
            with self.subTest(kind):
                leaf, authority = self.verify(
                    answer[f"{kind}Certificate"], answer[f"{kind}CertificateChain"]
                )
                self.assert_as_observed(leaf, authority)
                self.assertEqual(authority.public_key().key_size, 4096)
                self.assertEqual(leaf.signature_hash_algorithm.name, "sha512")
                until = answer["ParametersValidUntilTimestamp"]
                backdated = datetime.datetime.now(datetime.timezone.utc) - leaf.not_valid_before_utc
                self.assertLess(abs(backdated.total_seconds() - 3600), 300)
                self.assertGreaterEqual(
                    leaf.not_valid_after_utc.timestamp(), until.timestamp() - 60
                )

    def test_public_key_certificates(self):
        for curve in ("P256", "P384", "P521"):
            with self.subTest(curve):
                pair = self.create("K3", f"ECC_NIST_{curve}", "X", DeriveKeyUsage=USAGES["K1"])
                answer = self.service.get_public_key_certificate(KeyIdentifier=pair["KeyArn"])
                leaf = self.write("leaf.pem", answer["KeyCertificate"])
                chain = self.write("chain.pem", answer["KeyCertificateChain"])
                self.assertIn("OK", openssl("verify", "-CAfile", chain, leaf))
                # A sample client imports this authority as one on P-521.
                authority = x509.load_pem_x509_certificates(chain.read_bytes())[0]
                self.assertEqual(authority.public_key().curve.name, "secp521r1")

    def test_signing_requests(self):
        subject = {
            "CommonName": "Key Ceremony",
            "OrganizationUnit": "Custodians",
            "Organization": "Example",
            "City": "Dublin",
            "Country": "IE",
            "StateOrProvince": "Leinster",
            "EmailAddress": "custodians@example.com",
        }
        for usage, algorithm, mode in [("S0", "RSA_2048", "S"), ("K2", "RSA_3072", "D")]:
            pair = self.create(usage, algorithm, mode)["KeyArn"]
            for hash_name in ("SHA224", "SHA256", "SHA384", "SHA512"):
                with self.subTest(f"{algorithm} {hash_name}"):
                    answer = self.service.get_certificate_signing_request(
                        KeyIdentifier=pair, SigningAlgorithm=hash_name, CertificateSubject=subject
                    )
                    request = self.write("request.pem", answer["CertificateSigningRequest"])
                    arguments = (
                        "-in",
                        request,
                        "-noout",
                        "-verify",
                        "-subject",
                        "-nameopt",
                        "RFC2253",
                    )
                    output = openssl("req", *arguments)
                    self.assertRegex(output, r"[Vv]erify OK|[Vv]erif\w+ OK")
                    for value in subject.values():
                        self.assertIn(value, output.replace("\\", ""))
                    text = openssl("req", "-in", request, "-noout", "-text")
                    found = re.search(r"Signature Algorithm: (\w+)", text).group(1)
                    self.assertEqual(found, f"{hash_name.lower()}WithRSAEncryption")

    def test_signing_requests_of_elliptic_curves(self):
        pair = self.create("K3", "ECC_NIST_P384", "X", DeriveKeyUsage=USAGES["K1"])["KeyArn"]
        answer = self.service.get_certificate_signing_request(
            KeyIdentifier=pair, SigningAlgorithm="SHA384", CertificateSubject={"CommonName": "ECC"}
        )
        request = self.write("request.pem", answer["CertificateSigningRequest"])
        self.assertRegex(openssl("req", "-in", request, "-noout", "-verify"), r"OK")

    def test_request_and_certificate_are_for_one_key(self):
        pair = self.create("S0", "RSA_2048", "S")["KeyArn"]
        certificate = self.service.get_public_key_certificate(KeyIdentifier=pair)
        request = self.service.get_certificate_signing_request(
            KeyIdentifier=pair, SigningAlgorithm="SHA256", CertificateSubject={"CommonName": "x"}
        )
        leaf = self.write("leaf.pem", certificate["KeyCertificate"])
        path = self.write("request.pem", request["CertificateSigningRequest"])
        modulus = openssl("x509", "-in", leaf, "-noout", "-modulus")
        self.assertEqual(openssl("req", "-in", path, "-noout", "-modulus"), modulus)
