"""DUKPT initial keys, derived as they leave: in key blocks, TR-34 messages and under RSA."""

from partner_crypto import keys, tr31, tr34
from partner_crypto.certificates import Authority, from_wire
from service import ServiceTest, clear_key

BDK = "0123456789ABCDEFFEDCBA9876543210"
AES_BDK = "FEDCBA9876543210F1F1F1F1F1F1F1F1"
TDES_KSN = "FFFF9876543210E00000"
AES_KSN = "123456789012345600000001"


class InitialKeys(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kek = cls.create("K0", "AES_256")["KeyArn"]
        cls.kek_bytes = clear_key(cls.kek)

    def base_derivation_key(self, algorithm, key):
        block = tr31.wrap(self.kek_bytes, key, "B0", algorithm, "X")
        material = {"WrappingKeyIdentifier": self.kek, "WrappedKeyBlock": block}
        return self.import_key("Tr31KeyBlock", material)["KeyArn"]

    def export_initial_key(self, arn, kind, material, ksn):
        return self.export_key(arn, kind, material, ExportDukptInitialKey={"KeySerialNumber": ksn})

    def test_published_keys_in_key_blocks(self):
        for algorithm, bdk, ksn, expected in [
            ("TDES_2KEY", BDK, TDES_KSN, "6AC292FAA1315B4D858AB3A3D7D5933A"),
            ("TDES_2KEY", BDK, "12345678901234560001", "30267E417AA83B3D9B9282110DC15610"),
            ("TDES_2KEY", BDK, "12345678901234569999", "30267E417AA83B3D9B9282110DC15610"),
            ("AES_128", AES_BDK, AES_KSN, "1273671EA26AC29AFA4D1084127652A1"),
            (
                "AES_256",
                AES_BDK * 2,
                AES_KSN,
                "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F",
            ),
        ]:
            with self.subTest(f"{algorithm} {ksn}"):
                arn = self.base_derivation_key(algorithm, bytes.fromhex(bdk))
                wrapped = self.export_initial_key(
                    arn, "Tr31KeyBlock", {"WrappingKeyIdentifier": self.kek}, ksn
                )
                header, key = tr31.unwrap(self.kek_bytes, "AES_256", wrapped["KeyMaterial"])
                self.assertEqual(key.hex().upper(), expected)
                self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, key)
                fields = header.key_usage, header.algorithm, header.mode_of_use
                self.assertEqual(fields, ("B1", algorithm[0], "X"))
                self.assertEqual(dict(header.blocks), {}, "no KS or IK that nobody asked for")

    def test_random_keys_under_every_kind_of_protection_key(self):
        for protection in ("TDES_2KEY", "TDES_3KEY", "AES_128", "AES_192", "AES_256"):
            kek = self.create("K0", protection)["KeyArn"]
            for algorithm, ksn in [
                ("TDES_2KEY", TDES_KSN),
                ("AES_128", AES_KSN),
                ("AES_192", AES_KSN),
                ("AES_256", AES_KSN),
            ]:
                weaker = protection.startswith("TDES") or protection < algorithm
                if algorithm != "TDES_2KEY" and weaker:
                    continue
                with self.subTest(f"{algorithm} under {protection}"):
                    arn = self.create("B0", algorithm, "X")["KeyArn"]
                    wrapped = self.export_initial_key(
                        arn, "Tr31KeyBlock", {"WrappingKeyIdentifier": kek}, ksn
                    )
                    _, key = tr31.unwrap(clear_key(kek), protection, wrapped["KeyMaterial"])
                    self.assert_same_key(key, keys.initial_key(algorithm, clear_key(arn), ksn))
                    self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, key)

    def test_the_serial_number_can_go_along_in_an_optional_block(self):
        arn = self.base_derivation_key("TDES_2KEY", bytes.fromhex(BDK))
        blocks = {"KS": TDES_KSN}
        material = {
            "WrappingKeyIdentifier": self.kek,
            "KeyBlockHeaders": {"OptionalBlocks": blocks},
        }
        wrapped = self.export_initial_key(arn, "Tr31KeyBlock", material, TDES_KSN)
        header, _ = tr31.unwrap(self.kek_bytes, "AES_256", wrapped["KeyMaterial"])
        self.assertEqual((dict(header.blocks), header.key_usage), (blocks, "B1"))

    def test_under_rsa_and_in_tr34_messages(self):
        root = Authority("RSA_4096")
        krd = root.leaf("RSA_3072", "Partner KRD")
        authority = {
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(root),
            "WrappingKeyCertificate": krd.wire(),
        }
        parameters = self.service.get_parameters_for_export(
            KeyMaterialType="TR34_KEY_BLOCK", SigningKeyAlgorithm="RSA_2048"
        )
        (kdh,) = from_wire(parameters["SigningKeyCertificate"])
        tr34_material = {
            **authority,
            "ExportToken": parameters["ExportToken"],
            "KeyBlockFormat": "X9_TR34_2012",
        }
        for algorithm, ksn in [("TDES_2KEY", TDES_KSN), ("AES_128", AES_KSN)]:
            arn = self.create("B0", algorithm, "X")["KeyArn"]
            expected = keys.initial_key(algorithm, clear_key(arn), ksn)
            with self.subTest(f"{algorithm} under RSA"):
                wrapped = self.export_initial_key(arn, "KeyCryptogram", authority, ksn)
                self.assert_exported(wrapped, "KEY_CRYPTOGRAM", algorithm, expected)
                self.assert_same_key(keys.rsa_unwrap(krd.key, wrapped["KeyMaterial"]), expected)
            with self.subTest(f"{algorithm} in TR-34"):
                wrapped = self.export_initial_key(arn, "Tr34KeyBlock", tr34_material, ksn)
                self.assert_exported(wrapped, "TR34_KEY_BLOCK", algorithm, expected)
                key, header = tr34.open_message(wrapped["KeyMaterial"], kdh, krd)
                self.assert_same_key(key, expected)
                self.assertEqual(header[5:9], f"B1{algorithm[0]}X")

    def test_refusals(self):
        material = {"WrappingKeyIdentifier": self.kek}
        tdes = self.create("B0", "TDES_2KEY", "X")["KeyArn"]
        aes = self.create("B0", "AES_128", "X")["KeyArn"]
        for because, arn, ksn in [
            ("a key that derives nothing", self.create("D0", "TDES_2KEY")["KeyArn"], TDES_KSN),
            ("a serial number for AES", tdes, AES_KSN),
            ("a serial number for TDES", aes, TDES_KSN),
            ("a length that nothing has", tdes, TDES_KSN + "00"),
            ("lower case", tdes, TDES_KSN.lower()),
            (
                "not exportable",
                self.create("B0", "TDES_2KEY", "X", Exportable=False)["KeyArn"],
                TDES_KSN,
            ),
        ]:
            with self.refused(because=because):
                self.export_initial_key(arn, "Tr31KeyBlock", material, ksn)

    def test_nothing_is_kept(self):
        """The initial key exists only on its way; the service has as many keys as before."""
        arn = self.create("B0", "TDES_2KEY", "X")["KeyArn"]
        paginator = self.service.get_paginator("list_keys")
        before = sum(len(page["Keys"]) for page in paginator.paginate())
        self.export_initial_key(arn, "Tr31KeyBlock", {"WrappingKeyIdentifier": self.kek}, TDES_KSN)
        self.assertEqual(sum(len(page["Keys"]) for page in paginator.paginate()), before)
