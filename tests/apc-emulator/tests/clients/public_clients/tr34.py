"""The two TR-34 clients."""

import secrets

from partner_crypto import keys, tr34
from partner_crypto.certificates import Authority, Leaf, from_wire, name, private_key

from .habits import ENCRYPTION_MODES, SampleTest


class Tr34Export(SampleTest):
    """A data key leaves for a receiving device whose authority is made anew in every run."""

    def test_runs_twice(self):
        for _ in range(2):
            self.run_once()

    def run_once(self):
        # 1: the key to export is made by the first run and found by the second.
        alias = "alias/tr34-key-export"
        try:
            found = self.service.get_alias(AliasName=alias)["Alias"]
        except self.service.exceptions.ResourceNotFoundException:
            found = self.service.create_alias(AliasName=alias)["Alias"]
        # 2: new keys, but fixed names and serial numbers.
        run = secrets.token_hex(4)
        root = Authority("RSA_2048", "KRD CA", owner=f"KRD CA {run}", serial=100)
        key = private_key("RSA_2048", f"KRD {run}")
        krd = Leaf(key, root.certify(key.public_key(), name("KRD"), serial=200))
        self.assertEqual(len(krd.certificate.extensions), 0)
        authority = self.root_under("alias/tr34-key-export-krd-ca", root)
        # 3
        if "KeyArn" not in found:
            arn = self.service.create_key(
                Enabled=True,
                Exportable=True,
                KeyAttributes={
                    "KeyAlgorithm": "TDES_2KEY",
                    "KeyClass": "SYMMETRIC_KEY",
                    "KeyModesOfUse": ENCRYPTION_MODES,
                    "KeyUsage": "TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY",
                },
                KeyCheckValueAlgorithm="ANSI_X9_24",
            )["Key"]["KeyArn"]
            found = self.service.update_alias(AliasName=alias, KeyArn=arn)["Alias"]
        # 4
        parameters = self.service.get_parameters_for_export(
            KeyMaterialType="TR34_KEY_BLOCK", SigningKeyAlgorithm="RSA_2048"
        )
        # 5
        nonce = secrets.token_bytes(8)
        exported = self.service.export_key(
            ExportKeyIdentifier=found["KeyArn"],
            KeyMaterial={
                "Tr34KeyBlock": {
                    "CertificateAuthorityPublicKeyIdentifier": authority,
                    "ExportToken": parameters["ExportToken"],
                    "KeyBlockFormat": "X9_TR34_2012",
                    "RandomNonce": nonce.hex().upper(),
                    "WrappingKeyCertificate": krd.wire(),
                }
            },
        )
        # 6 and 7: signature, ids, digest, nonce, headers; then the key.
        (kdh,) = from_wire(parameters["SigningKeyCertificate"])
        message = exported["WrappedKey"]["KeyMaterial"]
        clear, header = tr34.open_message(message, kdh, krd, nonce)
        self.assertEqual(header[5:9], "D0TB")
        # 8
        held = self.service.get_key(KeyIdentifier=found["KeyArn"])["Key"]
        self.assertEqual(keys.kcv("TDES_2KEY", clear), held["KeyCheckValue"])


class Tr34Import(SampleTest):
    """A key of the partner's comes in a message with a nonce of the partner's own choice."""

    def test_every_algorithm(self):
        for algorithm, method in [
            ("TDES_2KEY", "ANSI_X9_24"),
            ("TDES_3KEY", "ANSI_X9_24"),
            ("AES_128", "CMAC"),
            # A slip that the sample makes: the method of the other kind of key.
            ("TDES_2KEY", "CMAC"),
        ]:
            with self.subTest(f"{algorithm} {method}"):
                self.run_once(algorithm, method)

    def run_once(self, algorithm, method):
        # 1
        root = Authority("RSA_2048", "KDH CA", serial=100)
        kdh = root.leaf("RSA_2048", "KDH", serial=200)
        authority = self.root_under("alias/tr34-key-import-kdh-ca", root, "CMAC")
        # 2
        parameters = self.service.get_parameters_for_import(
            KeyMaterialType="TR34_KEY_BLOCK", WrappingKeyAlgorithm="RSA_3072"
        )
        (krd,) = from_wire(parameters["WrappingKeyCertificate"])
        # 3 and 4
        key = keys.new_key(algorithm)
        nonce = secrets.token_bytes(8)
        message = tr34.Message(kdh, krd, key, f"D9999K0{algorithm[0]}B00E0000", nonce)
        # 5
        imported = self.service.import_key(
            Enabled=True,
            KeyCheckValueAlgorithm=method,
            KeyMaterial={
                "Tr34KeyBlock": {
                    "CertificateAuthorityPublicKeyIdentifier": authority,
                    "ImportToken": parameters["ImportToken"],
                    "KeyBlockFormat": "X9_TR34_2012",
                    "RandomNonce": nonce.hex().upper(),
                    "SigningKeyCertificate": kdh.wire(),
                    "WrappedKeyBlock": message.encode(),
                }
            },
            Tags=[],
        )["Key"]
        alias = "alias/tr34-key-import"
        self.free_alias(alias)
        self.service.update_alias(AliasName=alias, KeyArn=imported["KeyArn"])
        # 6
        self.assertEqual(imported["KeyCheckValue"], keys.kcv(algorithm, key))
        self.assertEqual(self.service.get_key(KeyIdentifier=alias)["Key"], imported)
