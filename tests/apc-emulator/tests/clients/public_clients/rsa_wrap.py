"""The two RSA clients."""

from partner_crypto import keys
from partner_crypto.certificates import Authority, from_wire, wire

from .habits import ENCRYPTION_MODES, SampleTest


class RsaWrap(SampleTest):
    """A key leaves under a bare RSA key, and one comes in; the simplest of the samples."""

    def test_export(self):
        root = Authority("RSA_3072", "RSA CA", serial=100)
        leaf = root.leaf("RSA_3072", "RSA Leaf", serial=200)
        authority = self.root_under("alias/rsa-export-ca", root)
        key = self.create("K0", "AES_128")
        # The root that was imported may also be the certificate to wrap under.
        for receiver in (leaf, root):
            wrapped = self.export_key(
                key["KeyArn"],
                "KeyCryptogram",
                {
                    "CertificateAuthorityPublicKeyIdentifier": authority,
                    "WrappingKeyCertificate": wire(receiver.certificate),
                    "WrappingSpec": "RSA_OAEP_SHA_256",
                },
            )
            clear = keys.rsa_unwrap(receiver.key, wrapped["KeyMaterial"])
            self.assertEqual(keys.kcv("AES_128", clear), key["KeyCheckValue"])

    def test_import(self):
        parameters = self.service.get_parameters_for_import(
            KeyMaterialType="KEY_CRYPTOGRAM", WrappingKeyAlgorithm="RSA_4096"
        )
        (certificate,) = from_wire(parameters["WrappingKeyCertificate"])
        key = keys.new_key("TDES_3KEY")
        imported = self.service.import_key(
            Enabled=True,
            KeyCheckValueAlgorithm="ANSI_X9_24",
            KeyMaterial={
                "KeyCryptogram": {
                    "Exportable": True,
                    "ImportToken": parameters["ImportToken"],
                    "KeyAttributes": {
                        "KeyAlgorithm": "TDES_3KEY",
                        "KeyClass": "SYMMETRIC_KEY",
                        "KeyModesOfUse": ENCRYPTION_MODES,
                        "KeyUsage": "TR31_K0_KEY_ENCRYPTION_KEY",
                    },
                    "WrappedKeyCryptogram": keys.rsa_wrap(certificate.public_key(), key),
                    "WrappingSpec": "RSA_OAEP_SHA_256",
                }
            },
        )["Key"]
        self.assert_holds(imported, "TDES_3KEY", key)
