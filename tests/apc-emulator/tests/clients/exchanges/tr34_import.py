"""Keys that come in TR-34 messages (Tr34KeyBlock). The partner is the sender."""

import dataclasses
import secrets

from partner_crypto import keys, tr34
from partner_crypto.certificates import Authority, Leaf, from_wire, private_key, wire
from service import CONFLICT, NOT_FOUND, USAGES, another_account, client

from .tr34_parties import ALGORITHMS, NONCES, Tr34Test, sizes


class Import(Tr34Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kdh = cls.root.leaf("RSA_2048", "Partner KDH")

    def by_token(self, algorithm, service=None):
        """Members of the request, and the certificate to encrypt to."""
        answer = (service or self.service).get_parameters_for_import(
            KeyMaterialType="TR34_KEY_BLOCK",
            WrappingKeyAlgorithm=algorithm,
            ReuseLastGeneratedToken=True,
        )
        (certificate,) = from_wire(answer["WrappingKeyCertificate"])
        return {"ImportToken": answer["ImportToken"]}, certificate

    def by_own_pair(self, algorithm):
        arn, certificate = self.own_pair("K2", algorithm, "D")
        members = {"WrappingKeyIdentifier": arn, "WrappingKeyCertificate": wire(certificate)}
        return members, certificate

    def message(self, krd, algorithm="TDES_2KEY", usage="K0", mode="B", nonce=8, **more):
        return tr34.Message(
            self.kdh,
            krd,
            keys.new_key(algorithm),
            tr34.header(usage, algorithm, mode),
            secrets.token_bytes(nonce) if nonce else None,
            **more,
        )

    def send(self, members, message, **changes):
        material = {
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(self.root),
            "SigningKeyCertificate": message.kdh.wire(),
            "WrappedKeyBlock": message.encode(),
            "KeyBlockFormat": "X9_TR34_2012",
            **members,
        }
        if message.nonce is not None:
            material["RandomNonce"] = message.nonce.hex().upper()
        material.update(changes)
        present = {key: value for key, value in material.items() if value is not None}
        return self.import_key("Tr34KeyBlock", present)

    def test_every_algorithm_size_and_number_of_passes(self):
        for algorithm in ALGORITHMS:
            for size in sizes(algorithm):
                # One key pair of 4096 bits is enough: making it takes longer than all of its uses.
                variants = (self.by_token, self.by_own_pair)[: 1 if size == "RSA_4096" else 2]
                for variant in variants:
                    for nonce in NONCES:
                        case = f"{algorithm} under {size}, {variant.__name__}, nonce {nonce}"
                        with self.subTest(case):
                            members, krd = variant(size)
                            message = self.message(krd, algorithm, nonce=nonce)
                            imported = self.send(members, message)
                            self.assert_holds(imported, algorithm, message.key)
                            self.assertEqual(imported["KeyOrigin"], "EXTERNAL")

    def test_attributes_come_from_the_header(self):
        members, krd = self.by_token("RSA_3072")
        for usage, algorithm, mode, exportability in [
            ("B0", "TDES_2KEY", "X", "E"),
            ("K1", "AES_128", "B", "N"),
            ("P0", "TDES_3KEY", "E", "S"),
            ("D0", "AES_128", "D", "E"),
            ("C0", "TDES_2KEY", "C", "N"),
        ]:
            with self.subTest(usage):
                message = self.message(krd, algorithm, usage, mode)
                message.header = tr34.header(usage, algorithm, mode, exportability)
                imported = self.send(members, message)
                self.assertEqual(imported["KeyAttributes"]["KeyUsage"], USAGES[usage])
                self.assertEqual(imported["Exportable"], exportability != "N")
                self.assert_holds(imported, algorithm, message.key)

    def test_version_and_length_of_the_header_mean_nothing(self):
        members, krd = self.by_token("RSA_2048")
        for start in ("D9999", "B9999", "D0112", "A0000"):
            message = self.message(krd)
            message.header = start + message.header[5:]
            with self.subTest(start):
                self.assert_holds(self.send(members, message), "TDES_2KEY", message.key)

    def test_an_aligned_key_block_without_padding(self):
        """Some senders pad only when they must. The name of the authority sets the length."""
        members, krd = self.by_token("RSA_3072")
        for algorithm, block_length in [("TDES_2KEY", 8), ("AES_128", 16)]:
            for length in range(1, 17):
                root = Authority("RSA_4096", "R" * length, owner="Partner Root")
                kdh = root.leaf("RSA_2048", "Partner KDH", serial=77)
                message = dataclasses.replace(self.message(krd, algorithm), kdh=kdh, padded=False)
                if len(message.clear_key_block()) % block_length == 0:
                    break
            else:
                self.fail("no name makes the block whole")
            authority = {"CertificateAuthorityPublicKeyIdentifier": self.import_root(root)}
            self.assert_holds(self.send(members, message, **authority), algorithm, message.key)

    def test_changed_messages(self):
        members, krd = self.by_token("RSA_2048")
        stranger = private_key("RSA_2048", "stranger")
        good = self.message(krd)
        encoded = good.encode()
        other_header = tr34.header("P0", "TDES_2KEY", "B")
        other_kdh = self.root.leaf("RSA_2048", "Partner KDH", serial=4711).certificate
        replace = dataclasses.replace
        for because, message, changes in [
            ("another header inside", replace(good, inner_header=other_header), {}),
            ("another sender inside", replace(good, inner_kdh=other_kdh), {}),
            ("the digest of another envelope", replace(good, signed_envelope=b"another"), {}),
            ("signed by another", replace(good, kdh=Leaf(stranger, self.kdh.certificate)), {}),
            ("for another receiver", replace(good, krd=self.kdh.certificate), {}),
            ("a certificate of another sender", good, {"SigningKeyCertificate": wire(other_kdh)}),
            ("another nonce", good, {"RandomNonce": "0123456789ABCDEF"}),
            ("no nonce", good, {"RandomNonce": None}),
            (
                "a letter of the key usage",
                good,
                {"WrappedKeyBlock": edit(encoded, b"K0TB", b"P0TB")},
            ),
            ("cut off", good, {"WrappedKeyBlock": encoded[:-2]}),
            ("trailing bytes", good, {"WrappedKeyBlock": encoded + "00"}),
            ("lower case", good, {"WrappedKeyBlock": encoded.lower()}),
            ("not a message", good, {"WrappedKeyBlock": "3003020100"}),
            ("an illegal mode", replace(good, header=tr34.header("K0", "TDES_2KEY", "C")), {}),
            ("a usage nobody has", replace(good, header=tr34.header("99", "TDES_2KEY", "B")), {}),
            ("a header too short", replace(good, header="D9999K0TB00E"), {}),
            ("a key of eight bytes", replace(good, key=bytes(8)), {}),
        ]:
            with self.refused(because=because):
                self.send(members, message, **changes)
        # And the unchanged one is accepted, twice: a token serves for many imports.
        for _ in range(2):
            self.assert_holds(self.send(members, good), "TDES_2KEY", good.key)

    def test_one_changed_bit_anywhere(self):
        members, krd = self.by_token("RSA_2048")
        good = self.message(krd)
        message = bytes.fromhex(good.encode())
        # Every position takes half a minute; another part of them in every run.
        for position in range(secrets.randbelow(20), len(message), 20):
            changed = bytearray(message)
            changed[position] ^= 1 << secrets.randbelow(8)
            with self.refused(because=f"byte {position} of {message.hex()}"):
                self.send(members, good, WrappedKeyBlock=changed.hex().upper())

    def test_authorities(self):
        members, krd = self.by_token("RSA_2048")
        message = self.message(krd)
        stranger = self.import_root(Authority("RSA_3072", "Stranger"))
        with self.refused(because="the sender is certified by another authority"):
            self.send(members, message, CertificateAuthorityPublicKeyIdentifier=stranger)
        weak = Authority("RSA_2048", "Weak Root")
        message.kdh = weak.leaf("RSA_3072", "Strong KDH")
        weak = self.import_root(weak)
        with self.refused(because="the authority is weaker than the sender's key"):
            self.send(members, message, CertificateAuthorityPublicKeyIdentifier=weak)

    def test_receivers(self):
        members, krd = self.by_token("RSA_2048")
        message = self.message(krd, "AES_128")
        with self.refused(because="AES-128 under RSA-2048"):
            self.send(members, message)
        large, receiver = self.by_token("RSA_4096")
        for algorithm in ("AES_192", "AES_256"):
            message = self.message(receiver, algorithm)
            with self.refused(because=f"{algorithm} under any RSA key"):
                self.send(large, message)
        pair, certificate = self.by_own_pair("RSA_3072")
        good = self.message(certificate)
        with self.refused(because="both token and own pair, for the token"):
            self.send({**members, **pair}, self.message(krd))
        for because, wrong in {
            "both token and own pair, for the pair": {**members, **pair},
            "neither": {},
            "half of the own pair": {"WrappingKeyIdentifier": pair["WrappingKeyIdentifier"]},
            "a certificate of another key": {
                **pair,
                "WrappingKeyCertificate": self.root.leaf("RSA_3072", "Other").wire(),
            },
        }.items():
            with self.refused(because=because):
                self.send(wrong, good)
        self.assert_holds(self.send(pair, good), "TDES_2KEY", good.key)

    def test_pairs_that_receive_nothing(self):
        for usage, mode in [("S0", "S"), ("K2", "E")]:
            arn, certificate = self.own_pair(usage, "RSA_2048", mode)
            pair = {"WrappingKeyIdentifier": arn, "WrappingKeyCertificate": wire(certificate)}
            message = self.message(certificate)
            with self.refused(because=f"a pair of usage {usage} with mode {mode}"):
                self.send(pair, message)

    def test_a_pair_and_its_certificate_must_be_usable(self):
        arn, certificate = self.own_pair("K2", "RSA_2048", "B")
        pair = {"WrappingKeyIdentifier": arn, "WrappingKeyCertificate": wire(certificate)}
        message = self.message(certificate)
        self.assert_holds(self.send(pair, message), "TDES_2KEY", message.key)
        expired = self.expired(certificate)
        stale = {**pair, "WrappingKeyCertificate": wire(expired)}
        to_expired = self.message(expired)
        with self.refused(because="an expired certificate of one's own"):
            self.send(stale, to_expired)
        self.service.stop_key_usage(KeyIdentifier=arn)
        with self.refused(CONFLICT, "a disabled pair"):
            self.send(pair, message)
        self.service.start_key_usage(KeyIdentifier=arn)
        self.assert_holds(self.send(pair, message), "TDES_2KEY", message.key)
        self.service.delete_key(KeyIdentifier=arn)
        with self.refused(CONFLICT, "a deleted pair"):
            self.send(pair, message)

    def test_tokens(self):
        members, krd = self.by_token("RSA_2048")
        message = self.message(krd)
        with self.refused(NOT_FOUND, "an unknown token"):
            self.send({"ImportToken": "import-token-" + "a" * 16}, message)
        for_cryptograms = self.service.get_parameters_for_import(
            KeyMaterialType="KEY_CRYPTOGRAM", WrappingKeyAlgorithm="RSA_2048"
        )
        (krd,) = from_wire(for_cryptograms["WrappingKeyCertificate"])
        message = self.message(krd)
        with self.refused(because="a token for RSA wrap"):
            self.send({"ImportToken": for_cryptograms["ImportToken"]}, message)
        for because, service in {
            "a token of another region": client("us-east-2"),
            "a token of another account": another_account(),
        }.items():
            elsewhere, krd = self.by_token("RSA_2048", service)
            message = self.message(krd)
            with self.refused(NOT_FOUND, because):
                self.send(elsewhere, message)


def edit(encoded, old, new):
    """Changes the readable header where it is signed; what is encrypted cannot be reached."""
    return encoded.replace(old.hex().upper(), new.hex().upper(), 1)
