"""Keys under variants of a key-encrypting key (As2805KeyCryptogram), in and out."""

from partner_crypto import keys
from service import MODES, NOT_FOUND, USAGES, ServiceTest, clear_key

VARIANTS = {
    "TERMINAL_MAJOR_KEY_VARIANT_00": ("K0", "B"),
    "PIN_ENCRYPTION_KEY_VARIANT_28": ("P0", "B"),
    "MESSAGE_AUTHENTICATION_KEY_VARIANT_24": ("M0", "C"),
    "DATA_ENCRYPTION_KEY_VARIANT_22": ("D0", "B"),
}


class As2805(ServiceTest):
    def kek(self, algorithm="TDES_2KEY"):
        arn = self.create("K0", algorithm)["KeyArn"]
        return arn, clear_key(arn)

    def send(self, arn, variant, cryptogram, algorithm="TDES_2KEY", mode="B", **more):
        material = {
            "As2805KeyVariant": variant,
            "KeyModesOfUse": MODES[mode],
            "KeyAlgorithm": algorithm,
            "Exportable": True,
            "WrappingKeyIdentifier": arn,
            "WrappedKeyCryptogram": cryptogram,
            **more,
        }
        return self.import_key("As2805KeyCryptogram", material)

    def test_import_under_every_variant(self):
        arn, kek = self.kek()
        for variant, (usage, mode) in VARIANTS.items():
            with self.subTest(variant):
                key = keys.new_key("TDES_2KEY")
                cryptogram = keys.as2805_wrap(kek, variant, key)
                imported = self.send(arn, variant, cryptogram, mode=mode)
                self.assert_holds(imported, "TDES_2KEY", key)
                if usage != "K0":
                    # What a terminal master key becomes is not documented.
                    self.assertEqual(imported["KeyAttributes"]["KeyUsage"], USAGES[usage])

    def test_export_under_every_variant(self):
        arn, kek = self.kek()
        for variant, (usage, mode) in VARIANTS.items():
            with self.subTest(variant):
                key = self.create(usage, "TDES_2KEY", mode)
                wrapped = self.export_key(
                    key["KeyArn"],
                    "As2805KeyCryptogram",
                    {"WrappingKeyIdentifier": arn, "As2805KeyVariant": variant},
                )
                self.assertRegex(wrapped["KeyMaterial"], r"^[0-9A-F]{32}$")
                found = keys.as2805_unwrap(kek, variant, wrapped["KeyMaterial"])
                self.assert_exported(wrapped, "KEY_CRYPTOGRAM", "TDES_2KEY", found)
                self.assertEqual(wrapped["KeyCheckValue"], key["KeyCheckValue"])
                self.assert_same_key(found, clear_key(key["KeyArn"]))

    def test_refusals(self):
        arn, kek = self.kek()
        variant = "PIN_ENCRYPTION_KEY_VARIANT_28"
        good = keys.as2805_wrap(kek, variant, keys.new_key("TDES_2KEY"))
        aes, _ = self.kek("AES_128")
        data_key = self.create("D0", "TDES_2KEY")["KeyArn"]
        for because, arguments in {
            "another length": (arn, variant, good + good[:16]),
            "an AES key": (arn, variant, good, "AES_128"),
            "modes of another usage": (arn, variant, good, "TDES_2KEY", "C"),
            "under an AES key": (aes, variant, good),
            "under a data key": (data_key, variant, good),
            "lower case": (arn, variant, "ab" * 16),
        }.items():
            with self.refused(because=because):
                self.send(*arguments)
        with self.refused(NOT_FOUND, "an unknown key"):
            self.send(arn[:-4] + "aaaa", variant, good)
        material = {"WrappingKeyIdentifier": arn, "As2805KeyVariant": variant}
        for because, identifier in {
            "an AES key out": aes,
            "not exportable": self.create("P0", "TDES_2KEY", Exportable=False)["KeyArn"],
            "the variant of another usage": data_key,
        }.items():
            with self.refused(because=because):
                self.export_key(identifier, "As2805KeyCryptogram", material)
