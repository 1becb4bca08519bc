"""The partner's own cryptography against known vectors, before it judges others."""

import unittest

from cryptography import exceptions
from cryptography.hazmat.primitives.asymmetric import ec
from psec import tr31 as psec_tr31

from partner_crypto import agreement, keys, tr34
from partner_crypto.certificates import Authority, Leaf, private_key
from partner_crypto.tr31 import unwrap

BDK = "0123456789ABCDEFFEDCBA9876543210"
AES_BDK = "FEDCBA9876543210F1F1F1F1F1F1F1F1"


class Vectors(unittest.TestCase):
    def test_key_check_values(self):
        for algorithm, key, expected in [
            ("AES_128", "2B7E151628AED2A6ABF7158809CF4F3C", "7AD386"),
            ("AES_192", "8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B", "3A072A"),
            (
                "AES_256",
                "603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4",
                "1A0B2D",
            ),
            ("AES_128", "00" * 16, "763CBC"),
            ("AES_128", "11" * 16, "EE23D8"),
            ("TDES_2KEY", BDK, "08D7B4"),
            ("TDES_3KEY", BDK + "89ABCDEF01234567", "3FD539"),
            ("TDES_2KEY", "8A8349794C9EE9A4C2927098F249FED6", "9C8552"),
            ("HMAC_SHA224", bytes(range(32)).hex(), "2A7430"),
            ("HMAC_SHA256", bytes(range(32)).hex(), "D38B42"),
            ("HMAC_SHA384", bytes(range(32)).hex(), "8F8683"),
            ("HMAC_SHA512", bytes(range(32)).hex(), "B04A70"),
        ]:
            self.assertEqual(keys.kcv(algorithm, bytes.fromhex(key)), expected, algorithm)

    def test_initial_keys(self):
        for algorithm, bdk, ksn, expected in [
            ("TDES_2KEY", BDK, "FFFF9876543210E00000", "6AC292FAA1315B4D858AB3A3D7D5933A"),
            ("TDES_2KEY", BDK, "12345678901234560001", "30267E417AA83B3D9B9282110DC15610"),
            ("TDES_2KEY", BDK, "12345678901234569999", "30267E417AA83B3D9B9282110DC15610"),
            (
                "AES_128",
                AES_BDK,
                "1234567890123456" + "00000000",
                "1273671EA26AC29AFA4D1084127652A1",
            ),
            (
                "AES_256",
                AES_BDK * 2,
                "1234567890123456" + "00000001",
                "CE9CE0C101D1138F97FB6CAD4DF045A7083D4EAE2D35A31789D01CCF0949550F",
            ),
        ]:
            key = keys.initial_key(algorithm, bytes.fromhex(bdk), ksn)
            self.assertEqual(key.hex().upper(), expected, ksn)

    def test_key_derivation(self):
        for kdf, expected in [
            ("NIST_SP800", "c0761e73d0ab5655aeaf534cda8e669de327fd04ebe477f35a5ad4715de44742"),
            ("ANSI_X963", "ca04b3ead33083d9552a9510e815e27c9b846308d5e176071319bb2f8257cfa0"),
        ]:
            for algorithm in ("AES_128", "AES_256"):
                found = agreement.expand(bytes(range(66)), kdf, "SHA_256", algorithm, "0123456789")
                self.assertEqual(found.hex(), expected[: 2 * keys.LENGTHS[algorithm]])

    def test_shared_secrets_keep_their_leading_zeros(self):
        alice, bob = (private_key("ECC_NIST_P521", name) for name in ("alice", "bob"))
        self.assertEqual(len(alice.exchange(ec.ECDH(), bob.public_key())), 66)

    def test_key_blocks(self):
        protection_key = bytes.fromhex(
            "88E1AB2A2E3DD38C1FA039A536500CC8A87AB9D62DC92C01058FA79F44657DE6"
        )
        block = (
            "D0144P0AE00E00002C77FA3F4A553BED6E88AE5C172A4166E3D4ACA8E2AC71C158A476FAC12C13C3"
            "829DE55D3AB54C48F4C4FEF7AC75E90FC47F1B77E7B19A73ED46E64410082557"
        )
        header, key = unwrap(protection_key, "AES_256", block)
        self.assertEqual(header.key_usage, "P0")
        self.assertEqual(key.hex().upper(), "3F419E1CB7079442AA37474C2EFBF8B8")
        protection_key = bytes.fromhex("89E88CF7931444F334BD7547FC3F380C")
        block = "A0072P0TE00E0000F5161ED902807AF26F1D62263644BD24192FDB3193C730301CEE8701"
        _, key = psec_tr31.unwrap(protection_key, block)
        self.assertEqual(key.hex().upper(), "F039121BEC83D26B169BDCD5B22AAF8F")

    def test_tr34_messages_open_only_as_they_were_made(self):
        root = Authority("RSA_2048")
        kdh, krd = (
            root.leaf("RSA_2048", "KDH", serial=200),
            root.leaf("RSA_2048", "KRD", serial=201),
        )
        for algorithm, nonce in [
            ("TDES_2KEY", None),
            ("TDES_3KEY", bytes(8)),
            ("AES_128", b"n" * 16),
        ]:
            key = keys.new_key(algorithm)
            message = tr34.Message(
                kdh, krd.certificate, key, tr34.header("K0", algorithm, "B"), nonce
            )
            found = tr34.open_message(message.encode(), kdh.certificate, krd, nonce)
            self.assertTrue(found == (key, message.header))
            for wrong in (b"another!", None if nonce else bytes(8)):
                with self.assertRaises(AssertionError):
                    tr34.open_message(message.encode(), kdh.certificate, krd, wrong)
        message.kdh = Leaf(krd.key, kdh.certificate)
        with self.assertRaises(exceptions.InvalidSignature):
            tr34.open_message(message.encode(), kdh.certificate, krd, nonce)

    def test_as2805_variants(self):
        kek, key = keys.new_key("TDES_2KEY"), keys.new_key("TDES_2KEY")
        cryptograms = {keys.as2805_wrap(kek, variant, key) for variant in keys.AS2805_MASKS}
        self.assertEqual(len(cryptograms), 4)
        variant = "PIN_ENCRYPTION_KEY_VARIANT_28"
        self.assertTrue(
            keys.as2805_unwrap(kek, variant, keys.as2805_wrap(kek, variant, key)) == key
        )
