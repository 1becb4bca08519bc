"""Keys in TR-31 key blocks, in and out (Tr31KeyBlock). The partner's side is psec."""

import itertools

from partner_crypto import keys, tr31
from service import CONFLICT, MODES, NOT_FOUND, USAGES, ServiceTest, clear_key

STRENGTH = ("TDES_2KEY", "TDES_3KEY", "AES_128", "AES_192", "AES_256")
HMAC = ("HMAC_SHA224", "HMAC_SHA256", "HMAC_SHA384", "HMAC_SHA512")


def allowed(protection, moved):
    """A key travels under one at least as strong as itself; any AES key is stronger than TDES."""
    return STRENGTH.index(protection) >= STRENGTH.index(moved)


class KeyBlockTest(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keks = {}

    def kek(self, algorithm, usage="K0", mode="B"):
        """A key-encrypting key that both sides have: its ARN and its bytes."""
        if (algorithm, usage, mode) not in self.keks:
            arn = self.create(usage, algorithm, mode)["KeyArn"]
            self.keks[algorithm, usage, mode] = arn, clear_key(arn)
        return self.keks[algorithm, usage, mode]

    def import_block(self, arn, block, **more):
        material = {"WrappingKeyIdentifier": arn, "WrappedKeyBlock": block}
        return self.import_key("Tr31KeyBlock", material, **more)

    def export_block(self, arn, kek, **headers):
        material = {"WrappingKeyIdentifier": kek}
        if headers:
            material["KeyBlockHeaders"] = headers
        return self.export_key(arn, "Tr31KeyBlock", material)


class Import(KeyBlockTest):
    def test_every_version_and_allowed_pair_of_keys(self):
        for protection, algorithm in itertools.product(STRENGTH, STRENGTH):
            if not allowed(protection, algorithm):
                continue
            arn, kek = self.kek(protection, "K1" if protection == "AES_192" else "K0")
            for version in "D" if protection.startswith("AES") else "ABC":
                with self.subTest(f"{algorithm} under {protection}, version {version}"):
                    key = keys.new_key(algorithm)
                    block = tr31.wrap(kek, key, "P0", algorithm, "B", version)
                    imported = self.import_block(arn, block)
                    self.assert_holds(imported, algorithm, key)
                    self.assertEqual(imported["KeyAttributes"]["KeyUsage"], USAGES["P0"])
                    self.assertEqual(imported["KeyOrigin"], "EXTERNAL")

    def test_hmac_keys_say_their_hash_in_an_optional_block(self):
        arn, kek = self.kek("AES_256")
        for algorithm in HMAC:
            key = keys.new_key(algorithm)
            block = tr31.wrap(kek, key, "M7", algorithm, "C")
            self.assert_holds(self.import_block(arn, block), algorithm, key)

    def test_attributes_come_from_the_header(self):
        arn, kek = self.kek("AES_256")
        for usage, algorithm, mode, exportability, exportable in [
            ("B0", "AES_128", "X", "E", True),
            ("B0", "TDES_2KEY", "N", "N", False),
            ("C0", "TDES_2KEY", "C", "S", True),
            ("D0", "AES_256", "E", "E", True),
            ("D0", "AES_128", "D", "N", False),
            ("E0", "TDES_2KEY", "X", "E", True),
            ("K0", "AES_256", "B", "E", True),
            ("K1", "AES_128", "D", "E", True),
            ("M3", "TDES_3KEY", "G", "E", True),
            ("M6", "AES_192", "V", "E", True),
            ("V1", "TDES_2KEY", "C", "N", False),
        ]:
            with self.subTest(f"{usage} {algorithm} {mode} {exportability}"):
                key = keys.new_key(algorithm)
                block = tr31.wrap(
                    kek, key, usage, algorithm, mode, exportability=exportability, key_version="12"
                )
                imported = self.import_block(arn, block)
                self.assert_holds(imported, algorithm, key)
                found = imported["KeyAttributes"]
                self.assertEqual(found["KeyUsage"], USAGES[usage])
                modes = {name for name, on in found["KeyModesOfUse"].items() if on}
                self.assertEqual(modes, set(MODES[mode]))
                self.assertEqual(imported["Exportable"], exportable)

    def test_optional_blocks_are_no_obstacle(self):
        arn, kek = self.kek("AES_128")
        key = keys.new_key("TDES_2KEY")
        blocks = {"KS": "FFFF9876543210E00000", "KP": "012331550BC9", "ZZ": "A" * 300}
        block = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B", blocks=blocks)
        self.assert_holds(self.import_block(arn, block), "TDES_2KEY", key)

    def test_degenerate_keys_keep_their_bytes(self):
        """Even parity and equal halves: the check value must be that of the bytes as they came."""
        arn, kek = self.kek("AES_128")
        for key in (bytes(16), b"\x01" * 16, bytes(range(8)) * 2, b"\xff" * 24):
            algorithm = "TDES_2KEY" if len(key) == 16 else "TDES_3KEY"
            block = tr31.wrap(kek, key, "P0", algorithm, "B")
            self.assert_holds(self.import_block(arn, block), algorithm, key)

    def test_changed_blocks(self):
        for protection in ("TDES_3KEY", "AES_256"):
            arn, kek = self.kek(protection)
            version = tr31.version_for(protection)
            key = keys.new_key("TDES_2KEY")
            good = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B", version)
            for because, block in {
                "a usage changed": good.replace("P0T", "K0T", 1),
                "exportability changed": f"{good[:11]}S{good[12:]}",
                "the last digit of the MAC": f"{good[:-1]}{int(good[-1], 16) ^ 1:X}",
                "a digit of the key": f"{good[:20]}{int(good[20], 16) ^ 1:X}{good[21:]}",
                "lower case": good[:16] + good[16:].lower(),
                "trailing characters": good + "00",
                "cut off": good[:-16],
                "a wrong length": f"{good[0]}{len(good) - 16:04}{good[5:]}",
                "an unknown version": f"E{good[1:]}",
            }.items():
                with self.refused(because=f"{because}, version {version}"):
                    self.import_block(arn, block)
            other, _ = self.kek("TDES_2KEY" if version == "B" else "AES_128")
            with self.refused(because=f"under another key, version {version}"):
                self.import_block(other, good)

    def test_one_changed_character_anywhere(self):
        for protection, version in [("TDES_2KEY", "A"), ("TDES_3KEY", "B"), ("AES_128", "D")]:
            arn, kek = self.kek(protection)
            blocks = {"KS": "FFFF9876543210E00000"}
            key = keys.new_key("TDES_2KEY")
            block = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B", version, blocks=blocks)
            for position, character in enumerate(block):
                other = "7" if character != "7" else "8"
                with self.refused(because=f"character {position} of {block}"):
                    self.import_block(arn, f"{block[:position]}{other}{block[position + 1 :]}")

    def test_versions_belong_to_the_kind_of_their_protection_key(self):
        """Sixteen bytes are a key for AES as well as TDES; psec takes them for either."""
        key = keys.new_key("TDES_2KEY")
        for protection, versions in [("AES_128", "ABC"), ("TDES_2KEY", "D")]:
            arn, kek = self.kek(protection)
            for version in versions:
                block = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B", version)
                with self.refused(because=f"version {version} under {protection}"):
                    self.import_block(arn, block)

    def test_keys_too_strong_for_their_protection(self):
        for protection, algorithm in itertools.product(STRENGTH, STRENGTH):
            if allowed(protection, algorithm):
                continue
            arn, kek = self.kek(protection)
            version = tr31.version_for(protection)
            block = tr31.wrap(kek, keys.new_key(algorithm), "P0", algorithm, "B", version)
            with self.refused(because=f"{algorithm} under {protection}"):
                self.import_block(arn, block)

    def test_attributes_that_the_service_does_not_have(self):
        arn, kek = self.kek("AES_256")
        for usage, algorithm, mode in [
            ("D0", "AES_128", "C"),
            ("B1", "TDES_2KEY", "X"),
            ("P0", "HMAC_SHA256", "C"),
            ("M3", "AES_128", "C"),
            ("99", "AES_128", "B"),
        ]:
            block = tr31.wrap(kek, keys.new_key(algorithm), usage, algorithm, mode)
            with self.refused(because=f"{usage} {algorithm} {mode}"):
                self.import_block(arn, block)

    def test_protection_keys_that_may_not_unwrap(self):
        key = keys.new_key("TDES_2KEY")
        for usage, mode in [("K0", "E"), ("D0", "B"), ("P0", "B")]:
            arn, kek = self.kek("AES_128", usage, mode)
            block = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B")
            with self.refused(because=f"under {usage} with mode {mode}"):
                self.import_block(arn, block)
        arn, kek = self.kek("AES_128", "K0", "D")
        block = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B")
        self.assert_holds(self.import_block(arn, block), "TDES_2KEY", key)
        with self.refused(NOT_FOUND, "an unknown protection key"):
            self.import_block(arn[:-4] + "aaaa", block)
        stopped, kek = self.kek("AES_128", "K1", "B")
        self.service.stop_key_usage(KeyIdentifier=stopped)
        block = tr31.wrap(kek, key, "P0", "TDES_2KEY", "B")
        with self.refused(CONFLICT, "a disabled protection key"):
            self.import_block(stopped, block)


class Export(KeyBlockTest):
    def test_every_allowed_pair_of_keys(self):
        for protection, algorithm in itertools.product(STRENGTH, STRENGTH):
            if not allowed(protection, algorithm):
                continue
            with self.subTest(f"{algorithm} under {protection}"):
                arn, kek = self.kek(protection)
                key = self.create("P0", algorithm)
                wrapped = self.export_block(key["KeyArn"], arn)
                block = wrapped["KeyMaterial"]
                header, found = tr31.unwrap(kek, protection, block)
                self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, found)
                self.assertEqual(wrapped["KeyCheckValue"], key["KeyCheckValue"])
                self.assertEqual(wrapped["WrappingKeyArn"], arn)
                self.assert_same_key(found, clear_key(key["KeyArn"]))
                fields = header.key_usage, header.algorithm, header.mode_of_use, header.version_num
                self.assertEqual(fields, ("P0", algorithm[0], "B", "00"))
                self.assertEqual((header.exportability, len(header.blocks)), ("E", 0))
                # The length shows the kind of the key and nothing more.
                lengths = {"BT": 96, "BA": 112, "DT": 112, "DA": 144}
                self.assertEqual(len(block), lengths[block[0] + algorithm[0]])

    def test_hmac_keys_say_their_hash_in_an_optional_block(self):
        arn, kek = self.kek("AES_256")
        for algorithm, code in zip(HMAC, ("20", "21", "22", "23"), strict=True):
            key = self.create("M7", algorithm, "C")
            wrapped = self.export_block(key["KeyArn"], arn)
            header, found = tr31.unwrap(kek, "AES_256", wrapped["KeyMaterial"])
            self.assertEqual((header.algorithm, header.blocks["HM"]), ("H", code))
            self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, found)

    def test_a_key_comes_back_as_it_went(self):
        arn, _ = self.kek("AES_256")
        for usage, algorithm, mode in [
            ("B0", "AES_128", "X"),
            ("C0", "TDES_2KEY", "C"),
            ("D0", "AES_256", "N"),
            ("M6", "AES_192", "V"),
            ("M7", "HMAC_SHA512", "G"),
        ]:
            with self.subTest(usage):
                key = self.create(usage, algorithm, mode)
                block = self.export_block(key["KeyArn"], arn)["KeyMaterial"]
                back = self.import_block(arn, block)
                self.assertNotEqual(back["KeyArn"], key["KeyArn"])
                for member in ("KeyAttributes", "KeyCheckValue", "KeyCheckValueAlgorithm"):
                    self.assertEqual(back[member], key[member])

    def test_two_exports_differ(self):
        arn, _ = self.kek("AES_256")
        key = self.create("P0", "AES_128")["KeyArn"]
        blocks = {self.export_block(key, arn)["KeyMaterial"] for _ in range(3)}
        self.assertEqual(len(blocks), 3)

    def test_headers_may_restrict(self):
        arn, kek = self.kek("AES_256")
        key = self.create("D0", "AES_128", "B")["KeyArn"]
        for headers, expected in [
            ({"KeyModesOfUse": MODES["E"]}, ("E", "00", "E")),
            ({"KeyModesOfUse": MODES["D"], "KeyVersion": "A7"}, ("D", "A7", "E")),
            ({"KeyExportability": "NON_EXPORTABLE"}, ("B", "00", "N")),
            ({"KeyExportability": "SENSITIVE"}, ("B", "00", "S")),
            ({"KeyExportability": "EXPORTABLE"}, ("B", "00", "E")),
        ]:
            with self.subTest(headers):
                block = self.export_block(key, arn, **headers)["KeyMaterial"]
                header, _ = tr31.unwrap(kek, "AES_256", block)
                found = header.mode_of_use, header.version_num, header.exportability
                self.assertEqual(found, expected)

    def test_headers_may_carry_optional_blocks(self):
        key = self.create("P0", "TDES_2KEY")["KeyArn"]
        for protection in ("TDES_3KEY", "AES_128"):
            arn, kek = self.kek(protection)
            for blocks in [
                {"KS": "FFFF9876543210E00000"},
                {"IK": "1234567890123456", "Z1": "A"},
                {"ZZ": "A1" * 54},
            ]:
                with self.subTest(f"{blocks} under {protection}"):
                    wrapped = self.export_block(key, arn, OptionalBlocks=blocks)
                    header, found = tr31.unwrap(kek, protection, wrapped["KeyMaterial"])
                    self.assertEqual(dict(header.blocks), blocks)
                    self.assert_exported(wrapped, "TR31_KEY_BLOCK", "TDES_2KEY", found)

    def test_headers_may_not_widen(self):
        arn, _ = self.kek("AES_256")
        encrypts = self.create("D0", "AES_128", "E")["KeyArn"]
        for because, headers in {
            "more modes": {"KeyModesOfUse": MODES["B"]},
            "other modes": {"KeyModesOfUse": MODES["D"]},
            "modes of another usage": {"KeyModesOfUse": MODES["G"]},
            "a block that is for import only": {"OptionalBlocks": {"KP": "012331550BC9"}},
            "optional blocks too long": {"OptionalBlocks": {"Z1": "A" * 108, "Z2": "A" * 108}},
        }.items():
            with self.refused(because=because):
                self.export_block(encrypts, arn, **headers)

    def test_headers_of_a_key_without_restrictions_keep_to_its_usage(self):
        arn, kek = self.kek("AES_256")
        for usage, algorithm, right, wrong in [
            ("B0", "TDES_2KEY", "X", "BDEGCVS"),
            ("C0", "TDES_2KEY", "CGV", "BDESX"),
            ("D0", "AES_128", "BDE", "GCVSX"),
            ("M6", "AES_192", "CGV", "BDESX"),
        ]:
            key = self.create(usage, algorithm, "N")["KeyArn"]
            for mode in "N" + right:
                with self.subTest(f"{usage} {mode}"):
                    block = self.export_block(key, arn, KeyModesOfUse=MODES[mode])["KeyMaterial"]
                    header, _ = tr31.unwrap(kek, "AES_256", block)
                    self.assertEqual(header.mode_of_use, mode)
            for mode in wrong:
                with self.refused(because=f"{usage} with mode {mode}"):
                    self.export_block(key, arn, KeyModesOfUse=MODES[mode])

    def test_refusals(self):
        arn, _ = self.kek("AES_128")
        key = self.create("P0", "AES_128")["KeyArn"]
        for because, identifier, wrapping in [
            ("not exportable", self.create("P0", "AES_128", Exportable=False)["KeyArn"], arn),
            ("under a key that may only unwrap", key, self.kek("AES_128", "K0", "D")[0]),
            ("under a data key", key, self.kek("AES_128", "D0")[0]),
            ("AES-256 under AES-128", self.create("P0", "AES_256")["KeyArn"], arn),
            ("AES under TDES", key, self.kek("TDES_3KEY")[0]),
            ("TDES-3KEY under TDES-2KEY", self.kek("TDES_3KEY")[0], self.kek("TDES_2KEY")[0]),
        ]:
            with self.refused(because=because):
                self.export_block(identifier, wrapping)
        wrapped = self.export_block(key, self.kek("AES_128", "K0", "E")[0])
        self.assertEqual(wrapped["WrappedKeyMaterialFormat"], "TR31_KEY_BLOCK")
        with self.refused(NOT_FOUND, "an unknown protection key"):
            self.export_block(key, arn[:-4] + "aaaa")
        self.service.stop_key_usage(KeyIdentifier=key)
        with self.refused(CONFLICT, "a disabled key"):
            self.export_block(key, arn)
        self.service.delete_key(KeyIdentifier=key)
        with self.refused(CONFLICT, "a deleted key"):
            self.export_block(key, arn)
