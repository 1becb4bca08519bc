"""Keys under RSA-OAEP, in and out (KeyCryptogram): the key's raw bytes and nothing else."""

from partner_crypto import keys
from partner_crypto.certificates import Authority, from_wire
from service import NOT_FOUND, ServiceTest, another_account, attributes, client, days_later

SPECS = ("RSA_OAEP_SHA_256", "RSA_OAEP_SHA_512")
# AES-192 and AES-256 are too strong for every RSA key; AES-128 for the smallest.
ALLOWED = {
    "RSA_2048": ("TDES_2KEY", "TDES_3KEY"),
    "RSA_3072": ("TDES_2KEY", "TDES_3KEY", "AES_128"),
    "RSA_4096": ("TDES_2KEY", "TDES_3KEY", "AES_128"),
}


class Import(ServiceTest):
    def parameters(self, algorithm, service=None, kind="KEY_CRYPTOGRAM"):
        """A token, and the public key to wrap under."""
        answer = (service or self.service).get_parameters_for_import(
            KeyMaterialType=kind, WrappingKeyAlgorithm=algorithm, ReuseLastGeneratedToken=True
        )
        (certificate,) = from_wire(answer["WrappingKeyCertificate"])
        return answer["ImportToken"], certificate.public_key()

    def material(self, token, cryptogram, algorithm, usage="K0", mode="B", **more):
        return {
            "KeyAttributes": attributes(usage, algorithm, mode),
            "Exportable": True,
            "WrappedKeyCryptogram": cryptogram,
            "ImportToken": token,
            **more,
        }

    def test_every_allowed_pair_of_keys(self):
        for wrapping_algorithm, algorithms in ALLOWED.items():
            token, public_key = self.parameters(wrapping_algorithm)
            for algorithm in algorithms:
                for spec in SPECS:
                    with self.subTest(f"{algorithm} under {wrapping_algorithm}, {spec}"):
                        key = keys.new_key(algorithm)
                        cryptogram = keys.rsa_wrap(public_key, key, spec)
                        material = self.material(token, cryptogram, algorithm, WrappingSpec=spec)
                        imported = self.import_key("KeyCryptogram", material)
                        self.assert_holds(imported, algorithm, key)
                        self.assertEqual(imported["KeyOrigin"], "EXTERNAL")

    def test_what_the_request_says_of_the_key_is_kept(self):
        token, public_key = self.parameters("RSA_3072")
        key = keys.new_key("AES_128")
        cryptogram = keys.rsa_wrap(public_key, key)
        material = self.material(token, cryptogram, "AES_128", "D0", "D", Exportable=False)
        imported = self.import_key(
            "KeyCryptogram",
            material,
            Enabled=False,
            Tags=[{"Key": "from", "Value": "partner"}],
            KeyCheckValueAlgorithm="ANSI_X9_24",
        )
        # The default wrapping spec is SHA-256, and no check value method is forced on an AES key.
        self.assert_holds(imported, "AES_128", key)
        self.assertFalse(imported["Exportable"])
        self.assertFalse(imported["Enabled"])
        tags = self.service.list_tags_for_resource(ResourceArn=imported["KeyArn"])["Tags"]
        self.assertEqual(tags, [{"Key": "from", "Value": "partner"}])

    def test_keys_too_strong_for_their_protection(self):
        for wrapping_algorithm, algorithm in [
            ("RSA_2048", "AES_128"),
            ("RSA_4096", "AES_192"),
            ("RSA_4096", "AES_256"),
        ]:
            token, public_key = self.parameters(wrapping_algorithm)
            cryptogram = keys.rsa_wrap(public_key, keys.new_key(algorithm))
            with self.refused(because=f"{algorithm} under {wrapping_algorithm}"):
                self.import_key("KeyCryptogram", self.material(token, cryptogram, algorithm))

    def test_cryptograms_that_are_not_what_they_should_be(self):
        token, public_key = self.parameters("RSA_3072")
        key = keys.new_key("AES_128")
        good = keys.rsa_wrap(public_key, key)
        flipped = f"{good[:-1]}{int(good[-1], 16) ^ 1:X}"
        for because, cryptogram, algorithm, more in [
            ("changed", flipped, "AES_128", {}),
            ("too short", good[:-2], "AES_128", {}),
            ("not a ciphertext", "00" * 384, "AES_128", {}),
            ("lower case", good.lower(), "AES_128", {}),
            ("another length of key", good, "TDES_3KEY", {}),
            ("another hash", good, "AES_128", {"WrappingSpec": "RSA_OAEP_SHA_512"}),
            ("a usage the algorithm does not have", good, "AES_128", {"usage": "M3", "mode": "C"}),
            ("modes the usage does not have", good, "AES_128", {"mode": "C"}),
        ]:
            with self.refused(because=because):
                self.import_key(
                    "KeyCryptogram", self.material(token, cryptogram, algorithm, **more)
                )

    def test_tokens(self):
        token, public_key = self.parameters("RSA_3072")
        cryptogram = keys.rsa_wrap(public_key, keys.new_key("AES_128"))
        with self.refused(NOT_FOUND, "an unknown token"):
            unknown = "import-token-" + "a" * 16
            self.import_key("KeyCryptogram", self.material(unknown, cryptogram, "AES_128"))
        material = self.material(token, cryptogram, "AES_128")
        for because, elsewhere in {
            "a token of another region": client("us-east-2"),
            "a token of another account": another_account(),
        }.items():
            with self.refused(NOT_FOUND, because):
                elsewhere.import_key(KeyMaterial={"KeyCryptogram": material})
        for_tr34, public_key = self.parameters("RSA_3072", kind="TR34_KEY_BLOCK")
        cryptogram = keys.rsa_wrap(public_key, keys.new_key("AES_128"))
        with self.refused(because="a token for TR-34"):
            self.import_key("KeyCryptogram", self.material(for_tr34, cryptogram, "AES_128"))

    def test_a_token_lasts_thirty_days(self):
        token, public_key = self.parameters("RSA_3072")
        cryptogram = keys.rsa_wrap(public_key, keys.new_key("AES_128"))
        material = self.material(token, cryptogram, "AES_128")
        with days_later(29):
            self.import_key("KeyCryptogram", material)
            # Less than seven days are left.
            self.assertNotEqual(self.parameters("RSA_3072")[0], token)
        with days_later(31), self.refused(because="an expired token"):
            self.import_key("KeyCryptogram", material)


class Export(ServiceTest):
    def material(self, authority, leaf, **more):
        return {
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(authority),
            "WrappingKeyCertificate": leaf.wire(),
            **more,
        }

    def test_every_allowed_pair_of_keys(self):
        root = Authority("RSA_4096")
        for wrapping_algorithm, algorithms in ALLOWED.items():
            leaf = root.leaf(wrapping_algorithm, f"Leaf {wrapping_algorithm}")
            for algorithm in algorithms:
                key = self.create("K0", algorithm)
                for spec in SPECS:
                    with self.subTest(f"{algorithm} under {wrapping_algorithm}, {spec}"):
                        wrapped = self.export_key(
                            key["KeyArn"],
                            "KeyCryptogram",
                            self.material(root, leaf, WrappingSpec=spec),
                        )
                        cryptogram = wrapped["KeyMaterial"]
                        self.assertRegex(cryptogram, r"^[0-9A-F]+$")
                        self.assertEqual(4 * len(cryptogram), leaf.key.key_size)
                        found = keys.rsa_unwrap(leaf.key, cryptogram, spec)
                        self.assertEqual(len(found), keys.LENGTHS[algorithm])
                        self.assert_exported(wrapped, "KEY_CRYPTOGRAM", algorithm, found)
                        self.assertEqual(wrapped["KeyCheckValue"], key["KeyCheckValue"])
                        self.assertEqual(wrapped["WrappingKeyArn"], self.import_root(root))

    def test_under_an_intermediate_and_under_the_root_itself(self):
        root = Authority("RSA_4096")
        intermediate = Authority("RSA_3072", "Partner Intermediate", parent=root)
        trusted = self.import_key(
            "TrustedCertificatePublicKey",
            {
                "KeyAttributes": attributes("S0", "RSA_3072", "V", "PUBLIC_KEY"),
                "PublicKeyCertificate": intermediate.wire(),
                "CertificateAuthorityPublicKeyIdentifier": self.import_root(root),
            },
        )
        leaf = intermediate.leaf("RSA_3072", "Leaf RSA_3072")
        key = self.create("K0", "AES_128")
        material = self.material(root, leaf)
        with self.refused(because="the root did not sign the leaf"):
            self.export_key(key["KeyArn"], "KeyCryptogram", material)
        material["CertificateAuthorityPublicKeyIdentifier"] = trusted["KeyArn"]
        wrapped = self.export_key(key["KeyArn"], "KeyCryptogram", material)
        found = keys.rsa_unwrap(leaf.key, wrapped["KeyMaterial"])
        self.assertEqual(keys.kcv("AES_128", found), key["KeyCheckValue"])
        wrapped = self.export_key(key["KeyArn"], "KeyCryptogram", self.material(root, root))
        self.assertTrue(keys.rsa_unwrap(root.key, wrapped["KeyMaterial"]) == found)

    def test_refusals(self):
        root, stranger = Authority("RSA_4096"), Authority("RSA_3072", "Stranger")
        small, large = (
            root.leaf("RSA_2048", "Leaf RSA_2048"),
            root.leaf("RSA_4096", "Leaf RSA_4096"),
        )
        foreign = stranger.leaf("RSA_3072", "Leaf RSA_3072")
        arn = self.create("K0", "AES_128")["KeyArn"]
        strong = self.create("K0", "AES_256")["KeyArn"]
        locked = self.create("K0", "AES_128", Exportable=False)["KeyArn"]
        pair = self.create("S0", "RSA_2048", "S")["KeyArn"]
        for because, identifier, leaf in [
            ("AES-128 under RSA-2048", arn, small),
            ("AES-256 under any RSA key", strong, large),
            ("signed by another authority", arn, foreign),
            ("not exportable", locked, large),
            ("a key pair", pair, large),
        ]:
            material = self.material(root, leaf)
            with self.refused(because=because):
                self.export_key(identifier, "KeyCryptogram", material)
        # The authority is stronger than its keys; a weaker one must not vouch for a stronger.
        weak = Authority("RSA_2048", "Weak Root")
        material = self.material(weak, weak.leaf("RSA_3072", "Leaf RSA_3072"))
        with self.refused(because="the authority is weaker than the leaf"):
            self.export_key(arn, "KeyCryptogram", material)
        material = self.material(root, large)
        with days_later(400), self.refused(because="an expired certificate"):
            self.export_key(arn, "KeyCryptogram", material)
