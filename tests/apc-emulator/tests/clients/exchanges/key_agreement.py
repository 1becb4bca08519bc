"""Keys under a key that two parties agreed on (DiffieHellmanTr31KeyBlock), in and out."""

import itertools
import secrets

from partner_crypto import agreement, keys, tr31
from partner_crypto.certificates import Authority, from_wire, name, private_key, wire
from service import CONFLICT, MODES, NOT_FOUND, USAGES, ServiceTest, clear_key

CURVES = ("ECC_NIST_P256", "ECC_NIST_P384", "ECC_NIST_P521")
FUNCTIONS = ("NIST_SP800", "ANSI_X963")
HASHES = ("SHA_256", "SHA_384", "SHA_512")
# The strongest key that a curve may carry, whatever the derived key is.
STRONGEST = {"ECC_NIST_P256": "AES_128", "ECC_NIST_P384": "AES_192", "ECC_NIST_P521": "AES_256"}
STRENGTH = ("TDES_2KEY", "TDES_3KEY", "AES_128", "AES_192", "AES_256")


class Agreement:
    """One agreement between the partner and a key pair of the service, seen by the partner."""

    def __init__(self, test, curve, derived="AES_256", function="NIST_SP800", hash_name="SHA_256"):
        self.pair = test.pair(curve)
        self.partner = test.partner(curve)
        self.derived = derived
        self.function = function
        self.hash_name = hash_name
        # Bytes from 01 to FF: the documentation forbids zeros.
        self.shared_information = (
            bytes(secrets.choice(range(1, 256)) for _ in range(16)).hex().upper()
        )

    def request(self, test, **more):
        return {
            "PrivateKeyIdentifier": self.pair[0],
            "CertificateAuthorityPublicKeyIdentifier": test.import_root(self.partner),
            "PublicKeyCertificate": self.partner.wire(),
            "DeriveKeyAlgorithm": self.derived,
            "KeyDerivationFunction": self.function,
            "KeyDerivationHashAlgorithm": self.hash_name,
            "DerivationData": {"SharedInformation": self.shared_information},
            **more,
        }

    def protection_key(self):
        return agreement.derive(
            self.partner.key,
            self.pair[1],
            self.function,
            self.hash_name,
            self.derived,
            self.shared_information,
        )


class AgreementTest(ServiceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pairs = {}

    def pair(self, curve):
        """A key pair of the service: its ARN and its public key, from the certificate."""
        if curve not in self.pairs:
            arn = self.create("K3", curve, "X", DeriveKeyUsage=USAGES["K1"])["KeyArn"]
            answer = self.service.get_public_key_certificate(KeyIdentifier=arn)
            (certificate,) = from_wire(answer["KeyCertificate"])
            self.pairs[curve] = arn, certificate.public_key()
        return self.pairs[curve]

    def partner(self, curve):
        """A certificate that is its own authority, as small partners have."""
        return Authority(curve, f"Partner {curve}")

    def every_agreement(self):
        for curve, function, hash_name in itertools.product(CURVES, FUNCTIONS, HASHES):
            derived = ("AES_128", "AES_192", "AES_256")[HASHES.index(hash_name)]
            if STRENGTH.index(derived) < STRENGTH.index(STRONGEST[curve]):
                derived = "AES_256"
            yield Agreement(self, curve, derived, function, hash_name)


class Import(AgreementTest):
    def send(self, agreed, algorithm, usage="P0", version="D", mode="B", **more):
        """Wraps a new key under what was agreed. The imported key, and its bytes."""
        key = keys.new_key(algorithm)
        block = tr31.wrap(agreed.protection_key(), key, usage, algorithm, mode, version)
        request = agreed.request(self, WrappedKeyBlock=block, **more)
        return self.import_key("DiffieHellmanTr31KeyBlock", request), key

    def test_every_curve_function_and_hash(self):
        for agreed in self.every_agreement():
            curve = agreed.partner.algorithm
            for algorithm in ("TDES_2KEY", "TDES_3KEY", "AES_128", STRONGEST[curve]):
                case = f"{algorithm} over {curve}, {agreed.function} {agreed.hash_name}"
                with self.subTest(case):
                    imported, key = self.send(agreed, algorithm)
                    self.assert_holds(imported, algorithm, key)
                    self.assertEqual(imported["KeyAttributes"]["KeyUsage"], USAGES["P0"])

    def test_every_derived_algorithm(self):
        for derived in STRENGTH:
            agreed = Agreement(self, "ECC_NIST_P521", derived)
            version = tr31.version_for(derived)
            with self.subTest(derived):
                imported, key = self.send(agreed, "TDES_2KEY", version=version)
                self.assert_holds(imported, "TDES_2KEY", key)

    def test_the_usage_of_the_block_is_not_that_of_the_pair(self):
        """The pair is for deriving key block protection keys; what they protect may be anything."""
        for usage, algorithm, mode in [
            ("K0", "AES_256", "B"),
            ("B0", "AES_128", "X"),
            ("M7", "HMAC_SHA256", "C"),
        ]:
            agreed = Agreement(self, "ECC_NIST_P521")
            imported, key = self.send(agreed, algorithm, usage, mode=mode)
            self.assert_holds(imported, algorithm, key)
            self.assertEqual(imported["KeyAttributes"]["KeyUsage"], USAGES[usage])

    def test_a_leaf_under_an_authority(self):
        root = Authority("ECC_NIST_P521", "Partner Root P521")
        for curve in CURVES:
            agreed = Agreement(self, curve)
            certificate = root.certify(agreed.partner.key.public_key(), name("Partner Agreement"))
            imported, key = self.send(
                agreed,
                "AES_128",
                CertificateAuthorityPublicKeyIdentifier=self.import_root(root),
                PublicKeyCertificate=wire(certificate),
            )
            self.assert_holds(imported, "AES_128", key)

    def test_curves_carry_no_stronger_key(self):
        for curve, algorithm in [
            ("ECC_NIST_P256", "AES_192"),
            ("ECC_NIST_P256", "AES_256"),
            ("ECC_NIST_P384", "AES_256"),
        ]:
            with self.refused(because=f"{algorithm} over {curve}"):
                self.send(Agreement(self, curve), algorithm)

    def test_disagreements(self):
        agreed = Agreement(self, "ECC_NIST_P256")
        stranger = Authority("ECC_NIST_P256", "Stranger")
        other_curve = Authority("ECC_NIST_P384", "Partner ECC_NIST_P384")
        for because, changes in {
            "other shared information": {"DerivationData": {"SharedInformation": "0123456789"}},
            "another function": {"KeyDerivationFunction": "ANSI_X963"},
            "another hash": {"KeyDerivationHashAlgorithm": "SHA_384"},
            "another length": {"DeriveKeyAlgorithm": "AES_128"},
            "another kind of key": {"DeriveKeyAlgorithm": "TDES_3KEY"},
            "another authority": {
                "CertificateAuthorityPublicKeyIdentifier": self.import_root(stranger)
            },
            "another public key": {
                "CertificateAuthorityPublicKeyIdentifier": self.import_root(stranger),
                "PublicKeyCertificate": stranger.wire(),
            },
            "another curve": {
                "CertificateAuthorityPublicKeyIdentifier": self.import_root(other_curve),
                "PublicKeyCertificate": other_curve.wire(),
            },
            "a hash as the derived algorithm": {"DeriveKeyAlgorithm": "HMAC_SHA256"},
            "an odd number of digits": {"DerivationData": {"SharedInformation": "012"}},
            "not a key pair": {"PrivateKeyIdentifier": self.create("K0", "AES_256")["KeyArn"]},
        }.items():
            with self.refused(because=because):
                self.send(agreed, "AES_128", **changes)
        with self.refused(because="version B under an AES key"):
            self.send(Agreement(self, "ECC_NIST_P256", "AES_128"), "TDES_2KEY", version="B")
        with self.refused(NOT_FOUND, "an unknown key pair"):
            self.send(agreed, "AES_128", PrivateKeyIdentifier=agreed.pair[0][:-4] + "aaaa")
        imported, key = self.send(agreed, "AES_128")
        self.assert_holds(imported, "AES_128", key)


class Export(AgreementTest):
    def receive(self, arn, agreed, **more):
        return self.export_key(arn, "DiffieHellmanTr31KeyBlock", agreed.request(self, **more))

    def test_every_curve_function_and_hash(self):
        created = {algorithm: self.create("P0", algorithm) for algorithm in STRENGTH}
        for agreed in self.every_agreement():
            curve = agreed.partner.algorithm
            for algorithm in ("TDES_2KEY", "TDES_3KEY", "AES_128", STRONGEST[curve]):
                case = f"{algorithm} over {curve}, {agreed.function} {agreed.hash_name}"
                with self.subTest(case):
                    key = created[algorithm]
                    wrapped = self.receive(key["KeyArn"], agreed)
                    block = wrapped["KeyMaterial"]
                    header, found = tr31.unwrap(agreed.protection_key(), agreed.derived, block)
                    self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, found)
                    self.assert_same_key(found, clear_key(key["KeyArn"]))
                    fields = header.key_usage, header.algorithm, header.mode_of_use
                    self.assertEqual(fields, ("P0", algorithm[0], "B"))
                    self.assertTrue(block.startswith("D0112" if algorithm[0] == "T" else "D0144"))

    def test_every_derived_algorithm(self):
        key = self.create("K0", "TDES_2KEY")
        for derived in STRENGTH:
            agreed = Agreement(self, "ECC_NIST_P521", derived, "ANSI_X963", "SHA_512")
            with self.subTest(derived):
                wrapped = self.receive(key["KeyArn"], agreed)
                _, found = tr31.unwrap(agreed.protection_key(), derived, wrapped["KeyMaterial"])
                self.assert_exported(wrapped, "TR31_KEY_BLOCK", "TDES_2KEY", found)

    def test_headers(self):
        agreed = Agreement(self, "ECC_NIST_P521")
        key = self.create("D0", "AES_256", "B")["KeyArn"]
        headers = {
            "KeyModesOfUse": MODES["E"],
            "KeyExportability": "NON_EXPORTABLE",
            "KeyVersion": "01",
            "OptionalBlocks": {"Z1": "PARTNER"},
        }
        wrapped = self.receive(key, agreed, KeyBlockHeaders=headers)
        header, _ = tr31.unwrap(agreed.protection_key(), "AES_256", wrapped["KeyMaterial"])
        fields = header.mode_of_use, header.exportability, header.version_num, dict(header.blocks)
        self.assertEqual(fields, ("E", "N", "01", {"Z1": "PARTNER"}))
        with self.refused(because="modes of another usage"):
            self.receive(key, agreed, KeyBlockHeaders={"KeyModesOfUse": MODES["G"]})

    def test_refusals(self):
        key = self.create("P0", "AES_128")["KeyArn"]
        strong = self.create("P0", "AES_256")["KeyArn"]
        locked = self.create("P0", "AES_128", Exportable=False)["KeyArn"]
        agreed = Agreement(self, "ECC_NIST_P384")
        with self.refused(because="AES-256 over P-384"):
            self.receive(strong, agreed)
        with self.refused(because="not exportable"):
            self.receive(locked, agreed)
        stranger = self.import_root(Authority("ECC_NIST_P384", "Stranger"))
        with self.refused(because="certified by another authority"):
            self.receive(key, agreed, CertificateAuthorityPublicKeyIdentifier=stranger)
        strong_key = private_key("ECC_NIST_P384", "strong").public_key()
        weak = Authority("ECC_NIST_P256", "Weak Root")
        strong_leaf = {
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(weak),
            "PublicKeyCertificate": wire(weak.certify(strong_key, name("Strong Leaf"))),
        }
        with self.refused(because="the authority is weaker than the leaf"):
            self.receive(key, agreed, **strong_leaf)

    def test_a_pair_must_be_usable(self):
        key = self.create("P0", "AES_128")["KeyArn"]
        agreed = Agreement(self, "ECC_NIST_P256")
        self.receive(key, agreed)
        pair = agreed.pair[0]
        # The pair is not for another test.
        del self.pairs["ECC_NIST_P256"]
        block = tr31.wrap(agreed.protection_key(), bytes(16), "P0", "AES_128", "B")
        request = agreed.request(self, WrappedKeyBlock=block)
        self.import_key("DiffieHellmanTr31KeyBlock", request)
        for because, change in {
            "a disabled pair": self.service.stop_key_usage,
            "a deleted pair": self.service.delete_key,
        }.items():
            change(KeyIdentifier=pair)
            with self.refused(CONFLICT, f"{because}, out"):
                self.receive(key, agreed)
            with self.refused(CONFLICT, f"{because}, in"):
                self.import_key("DiffieHellmanTr31KeyBlock", request)
