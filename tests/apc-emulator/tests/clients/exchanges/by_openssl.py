"""Keys that come from a partner who has the `openssl` program, and psec for what it cannot do."""

import base64
import pathlib
import secrets
import tempfile

from partner_crypto import keys, tr31
from partner_crypto.openssl import openssl, openssl_bytes
from service import USAGES, ServiceTest, attributes, authority_attributes

HASHES = {"SHA_256": "sha256", "SHA_512": "sha512"}
CURVES = {"ECC_NIST_P256": "P-256", "ECC_NIST_P384": "P-384", "ECC_NIST_P521": "P-521"}


class ByOpenssl(ServiceTest):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)

    def public_key(self, certificate):
        """Of a certificate as the service sends it: in PEM, as a file."""
        path = self.directory / "service.pem"
        pem = base64.b64decode(certificate, validate=True)
        path.write_bytes(openssl_bytes("x509", "-noout", "-pubkey", given=pem))
        return path

    def test_rsa_oaep(self):
        for wrapping, algorithm in [
            ("RSA_2048", "TDES_3KEY"),
            ("RSA_3072", "AES_128"),
            ("RSA_4096", "AES_128"),
        ]:
            parameters = self.service.get_parameters_for_import(
                KeyMaterialType="KEY_CRYPTOGRAM", WrappingKeyAlgorithm=wrapping
            )
            public_key = self.public_key(parameters["WrappingKeyCertificate"])
            for name, digest in HASHES.items():
                with self.subTest(f"{algorithm} under {wrapping}, {name}"):
                    key = keys.new_key(algorithm)
                    oaep = "rsa_padding_mode:oaep", f"rsa_oaep_md:{digest}", f"rsa_mgf1_md:{digest}"
                    options = [part for option in oaep for part in ("-pkeyopt", option)]
                    encrypt = "pkeyutl", "-encrypt", "-pubin", "-inkey", public_key
                    cryptogram = openssl_bytes(*encrypt, *options, given=key)
                    material = {
                        "KeyAttributes": attributes("K0", algorithm, "B"),
                        "Exportable": True,
                        "WrappedKeyCryptogram": cryptogram.hex().upper(),
                        "ImportToken": parameters["ImportToken"],
                        "WrappingSpec": f"RSA_OAEP_{name}",
                    }
                    imported = self.import_key("KeyCryptogram", material)
                    self.assert_holds(imported, algorithm, key)

    def sender(self, curve):
        """A key, and a certificate of itself: the files, and the service's ARN of the authority."""
        key, certificate = self.directory / "own.key", self.directory / "own.pem"
        parameter = f"ec_paramgen_curve:{CURVES[curve]}"
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", parameter, "-out", key)
        request = "req", "-x509", "-key", key, "-subj", "/CN=Sender", "-days", 30
        usage = "keyUsage=critical,keyCertSign,keyAgreement"
        openssl(*request, "-addext", usage, "-out", certificate)
        wired = base64.b64encode(certificate.read_bytes()).decode()
        root = self.import_key(
            "RootCertificatePublicKey",
            {"KeyAttributes": authority_attributes(curve), "PublicKeyCertificate": wired},
        )
        return key, wired, root["KeyArn"]

    def test_ecdh(self):
        """Agreement and derivation are by openssl, the key block is by psec."""
        for curve, algorithm in [
            ("ECC_NIST_P256", "AES_128"),
            ("ECC_NIST_P384", "AES_192"),
            ("ECC_NIST_P521", "AES_256"),
        ]:
            with self.subTest(f"{algorithm} over {curve}"):
                ours = self.create("K3", curve, "X", DeriveKeyUsage=USAGES["K1"])
                answer = self.service.get_public_key_certificate(KeyIdentifier=ours["KeyArn"])
                public_key = self.public_key(answer["KeyCertificate"])
                own, certificate, authority = self.sender(curve)
                information = secrets.token_bytes(16)
                secret = openssl_bytes("pkeyutl", "-derive", "-inkey", own, "-peerkey", public_key)
                # NIST SP 800-56A, 5.8.2.1, in one round: counter, secret, information.
                round_one = (1).to_bytes(4, "big") + secret + information
                protection = openssl_bytes("dgst", "-sha512", "-binary", given=round_one)[:32]
                key = keys.new_key(algorithm)
                block = tr31.wrap(protection, key, "K0", algorithm, "B", exportability="N")
                material = {
                    "CertificateAuthorityPublicKeyIdentifier": authority,
                    "DerivationData": {"SharedInformation": information.hex().upper()},
                    "DeriveKeyAlgorithm": "AES_256",
                    "KeyDerivationFunction": "NIST_SP800",
                    "KeyDerivationHashAlgorithm": "SHA_512",
                    "PrivateKeyIdentifier": ours["KeyArn"],
                    "PublicKeyCertificate": certificate,
                    "WrappedKeyBlock": block,
                }
                imported = self.import_key("DiffieHellmanTr31KeyBlock", material)
                self.assert_holds(imported, algorithm, key)
                self.assertFalse(imported["Exportable"])
