"""Keys that leave in TR-34 messages (Tr34KeyBlock). The partner is the receiver."""

import secrets

from partner_crypto import keys, tr34
from partner_crypto.certificates import Authority, Leaf, from_wire, name, private_key, wire
from service import CONFLICT, NOT_FOUND, another_account, client, days_later

from .tr34_parties import ALGORITHMS, NONCES, Tr34Test, sizes


class Export(Tr34Test):
    def krd(self, size):
        """The partner as receiver."""
        # Making a second key of 4096 bits would take longer than all of its uses.
        key = private_key(size, "Partner Root" if size == self.root.algorithm else "Partner KRD")
        # A certificate like all others of its issuer: same name and serial number every time.
        return Leaf(key, self.root.certify(key.public_key(), name("Partner KRD"), serial=200))

    def by_token(self, service=None):
        answer = (service or self.service).get_parameters_for_export(
            KeyMaterialType="TR34_KEY_BLOCK",
            SigningKeyAlgorithm="RSA_2048",
            ReuseLastGeneratedToken=True,
        )
        (certificate,) = from_wire(answer["SigningKeyCertificate"])
        return {"ExportToken": answer["ExportToken"]}, certificate

    def by_own_pair(self, size="RSA_3072"):
        arn, certificate = self.own_pair("S0", size, "S")
        members = {"SigningKeyIdentifier": arn, "SigningKeyCertificate": wire(certificate)}
        return members, certificate

    def receive(self, arn, members, krd, nonce=None, root=None, **more):
        material = {
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(root or self.root),
            "WrappingKeyCertificate": krd.wire(),
            "KeyBlockFormat": "X9_TR34_2012",
            **members,
            **more,
        }
        if nonce is not None:
            material["RandomNonce"] = nonce.hex().upper()
        return self.export_key(arn, "Tr34KeyBlock", material)

    def test_every_algorithm_size_and_number_of_passes(self):
        for algorithm in ALGORITHMS:
            created = self.create("K0", algorithm)
            for size in sizes(algorithm):
                krd = self.krd(size)
                for variant in (self.by_token, self.by_own_pair):
                    for length in NONCES:
                        case = f"{algorithm} under {size}, {variant.__name__}, nonce {length}"
                        with self.subTest(case):
                            members, kdh = variant()
                            nonce = secrets.token_bytes(length) if length else None
                            wrapped = self.receive(created["KeyArn"], members, krd, nonce)
                            message = wrapped["KeyMaterial"]
                            key, header = tr34.open_message(message, kdh, krd, nonce)
                            self.assert_exported(wrapped, "TR34_KEY_BLOCK", algorithm, key)
                            self.assertEqual(wrapped["KeyCheckValue"], created["KeyCheckValue"])
                            self.assertRegex(header, r"^[A-D][0-9]{4}K0[TA]B00E0000$")
                            self.assertEqual(header[7], algorithm[0])

    def test_header_says_what_the_key_is(self):
        krd = self.krd("RSA_3072")
        members, kdh = self.by_token()
        for usage, algorithm, mode in [
            ("D0", "TDES_2KEY", "B"),
            ("P0", "TDES_3KEY", "E"),
            ("B0", "AES_128", "X"),
            ("M6", "AES_128", "C"),
        ]:
            with self.subTest(usage):
                arn = self.create(usage, algorithm, mode)["KeyArn"]
                wrapped = self.receive(arn, members, krd)
                key, header = tr34.open_message(wrapped["KeyMaterial"], kdh, krd)
                self.assertEqual(header[5:12], f"{usage}{algorithm[0]}{mode}00E")
                self.assertEqual(len(key), keys.LENGTHS[algorithm])

    def test_headers_may_restrict_but_not_widen(self):
        krd = self.krd("RSA_3072")
        members, kdh = self.by_token()
        arn = self.create("D0", "AES_128", "B")["KeyArn"]
        headers = {
            "KeyModesOfUse": {"Encrypt": True, "Wrap": True},
            "KeyExportability": "NON_EXPORTABLE",
        }
        wrapped = self.receive(arn, members, krd, KeyBlockHeaders=headers)
        _, header = tr34.open_message(wrapped["KeyMaterial"], kdh, krd)
        self.assertEqual(header[5:12], "D0AE00N")
        restricted = self.create("D0", "AES_128", "D")["KeyArn"]
        with self.refused(because="other modes"):
            self.receive(restricted, members, krd, KeyBlockHeaders=headers)

    def test_the_service_imports_what_it_exports(self):
        """With its own certificate for receiving as the partner's, as a self-test of an account."""
        arn, certificate = self.own_pair("K2", "RSA_3072", "D")
        members, kdh = self.by_own_pair()
        created = self.create("P0", "TDES_2KEY")
        nonce = secrets.token_bytes(8)
        wrapped = self.receive(created["KeyArn"], members, Leaf(None, certificate), nonce)
        back = self.import_key(
            "Tr34KeyBlock",
            {
                "CertificateAuthorityPublicKeyIdentifier": self.import_root(self.root),
                "SigningKeyCertificate": wire(kdh),
                "WrappedKeyBlock": wrapped["KeyMaterial"],
                "KeyBlockFormat": "X9_TR34_2012",
                "WrappingKeyIdentifier": arn,
                "WrappingKeyCertificate": wire(certificate),
                "RandomNonce": nonce.hex().upper(),
            },
        )
        self.assertEqual(back["KeyCheckValue"], created["KeyCheckValue"])
        self.assertEqual(back["KeyAttributes"], created["KeyAttributes"])

    def test_refusals(self):
        krd, small = self.krd("RSA_3072"), self.krd("RSA_2048")
        token, _ = self.by_token()
        pair, _ = self.by_own_pair()
        small_pair, _ = self.by_own_pair("RSA_2048")
        arn = self.create("K0", "AES_128")["KeyArn"]
        stranger = Authority("RSA_3072", "Stranger")
        another = {**pair, "SigningKeyCertificate": self.root.leaf("RSA_3072", "Other").wire()}
        half = {"SigningKeyIdentifier": pair["SigningKeyIdentifier"]}
        for because, identifier, members, receiver in [
            ("both token and own pair", arn, {**token, **pair}, krd),
            ("neither", arn, {}, krd),
            ("half of the own pair", arn, half, krd),
            ("a certificate of another key", arn, another, krd),
            ("AES-128 under RSA-2048", arn, token, small),
            ("AES-128 signed with RSA-2048", arn, small_pair, krd),
            ("AES-256 under any RSA key", self.create("K0", "AES_256")["KeyArn"], token, krd),
            (
                "not exportable",
                self.create("K0", "AES_128", Exportable=False)["KeyArn"],
                token,
                krd,
            ),
            ("a receiver of another authority", arn, token, stranger.leaf("RSA_3072", "Foreign")),
        ]:
            with self.refused(because=because):
                self.receive(identifier, members, receiver)
        with self.refused(NOT_FOUND, "an unknown token"):
            self.receive(arn, {"ExportToken": "export-token-" + "a" * 16}, krd)
        for because, service in {
            "a token of another region": client("us-east-2"),
            "a token of another account": another_account(),
        }.items():
            elsewhere, _ = self.by_token(service)
            with self.refused(NOT_FOUND, because):
                self.receive(arn, elsewhere, krd)
        with self.refused(because="a nonce too long"):
            self.receive(arn, token, krd, bytes(17))

    def test_pairs_that_sign_nothing(self):
        krd = self.krd("RSA_2048")
        arn = self.create("K0", "TDES_2KEY")["KeyArn"]
        pair, certificate = self.own_pair("K2", "RSA_2048", "B")
        members = {"SigningKeyIdentifier": pair, "SigningKeyCertificate": wire(certificate)}
        with self.refused(because="a pair for receiving"):
            self.receive(arn, members, krd)

    def test_a_pair_and_its_certificate_must_be_usable(self):
        krd = self.krd("RSA_2048")
        arn = self.create("K0", "TDES_2KEY")["KeyArn"]
        pair, certificate = self.by_own_pair("RSA_2048")
        stale = {**pair, "SigningKeyCertificate": wire(self.expired(certificate))}
        with self.refused(because="an expired certificate of one's own"):
            self.receive(arn, stale, krd)
        self.receive(arn, pair, krd)
        # It is not for another test: this one deletes it.
        signer, _ = self.own.pop(("S0", "RSA_2048", "S"))
        self.service.stop_key_usage(KeyIdentifier=signer)
        with self.refused(CONFLICT, "a disabled pair"):
            self.receive(arn, pair, krd)
        self.service.start_key_usage(KeyIdentifier=signer)
        self.receive(arn, pair, krd)
        self.service.delete_key(KeyIdentifier=signer)
        with self.refused(CONFLICT, "a deleted pair"):
            self.receive(arn, pair, krd)

    def test_a_token_lasts_thirty_days(self):
        krd = self.krd("RSA_2048")
        arn = self.create("K0", "TDES_2KEY")["KeyArn"]
        token, _ = self.by_token()
        with days_later(29):
            self.receive(arn, token, krd)
            # Less than seven days are left, so the other tests get a new one.
            self.assertNotEqual(self.by_token()[0], token)
        with days_later(31), self.refused(because="an expired token"):
            self.receive(arn, token, krd)

    def test_certificates_are_named_by_issuer_and_serial_number(self):
        """The first and the second certificate here differ in nothing that a message says."""
        krd, other = self.krd("RSA_3072"), self.krd("RSA_4096")
        self.assertEqual(krd.certificate.serial_number, other.certificate.serial_number)
        members, kdh = self.by_token()
        arn = self.create("K0", "AES_128")["KeyArn"]
        for receiver in (krd, other, krd):
            wrapped = self.receive(arn, members, receiver)
            key, _ = tr34.open_message(wrapped["KeyMaterial"], kdh, receiver)
            self.assert_exported(wrapped, "TR34_KEY_BLOCK", "AES_128", key)
