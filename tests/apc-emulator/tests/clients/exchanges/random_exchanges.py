"""Exchanges of any shape, new in every run: what the tables of the other programs leave out.

`EXCHANGES_SEED=…` makes the same shapes again; keys and nonces are new all the same.
"""

import os
import random
import secrets

from partner_crypto import keys, tr31, tr34
from service import ServiceTest, clear_key

from . import key_agreement, key_blocks, tr34_export, tr34_import

SEED = int(os.environ.get("EXCHANGES_SEED") or secrets.randbelow(1 << 32))
# Of every kind.
EXCHANGES = 25
STRENGTH = key_blocks.STRENGTH
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class RandomExchanges(ServiceTest):
    def repeat(self, role, exchange):
        """Lets somebody in the role of another program make many exchanges."""
        role.setUpClass()
        actor = role()
        choices = random.Random(SEED)
        for number in range(EXCHANGES):
            with self.subTest(f"exchange {number} with EXCHANGES_SEED={SEED}"):
                exchange(actor, choices)

    def test_tr34_imports(self):
        self.repeat(tr34_import.Import, self.tr34_import)

    def tr34_import(self, sender, choices):
        algorithm = choices.choice(STRENGTH[:3])
        size = "RSA_3072" if algorithm == "AES_128" else choices.choice(["RSA_2048", "RSA_3072"])
        members, krd = choices.choice([sender.by_token, sender.by_own_pair])(size)
        nonce = choices.choice([None, *range(8, 17)])
        mode = choices.choice("BDEN")
        message = sender.message(krd, algorithm, "P0", mode, nonce)
        self.assert_holds(sender.send(members, message), algorithm, message.key)

    def test_tr34_exports(self):
        self.repeat(tr34_export.Export, self.tr34_export)

    def tr34_export(self, receiver, choices):
        algorithm, mode = choices.choice(STRENGTH[:3]), choices.choice("BDEN")
        arn = self.create("P0", algorithm, mode)["KeyArn"]
        members, kdh = choices.choice([receiver.by_token, receiver.by_own_pair])()
        length = choices.choice([None, *range(8, 17)])
        nonce = secrets.token_bytes(length) if length else None
        krd = receiver.krd("RSA_3072")
        wrapped = receiver.receive(arn, members, krd, nonce)
        key, header = tr34.open_message(wrapped["KeyMaterial"], kdh, krd, nonce)
        self.assertEqual(header[5:12], f"P0{algorithm[0]}{mode}00E")
        self.assert_exported(wrapped, "TR34_KEY_BLOCK", algorithm, key)
        self.assert_same_key(key, clear_key(arn))

    def test_agreed_keys(self):
        self.repeat(key_agreement.Import, self.agreed_key)

    def agreed_key(self, sender, choices):
        """The imported key goes back out over the same agreement."""
        curve, derived = choices.choice(key_agreement.CURVES), choices.choice(STRENGTH)
        agreed = key_agreement.Agreement(
            sender,
            curve,
            derived,
            choices.choice(key_agreement.FUNCTIONS),
            choices.choice(key_agreement.HASHES),
        )
        agreed.shared_information = choices.randbytes(choices.randint(1, 64)).hex().upper()
        strongest = min(STRENGTH.index(key_agreement.STRONGEST[curve]), STRENGTH.index(derived))
        algorithm = choices.choice(STRENGTH[: strongest + 1])
        version = tr31.version_for(derived)
        imported, key = sender.send(agreed, algorithm, version=version)
        self.assert_holds(imported, algorithm, key)
        kind, request = "DiffieHellmanTr31KeyBlock", agreed.request(sender)
        wrapped = self.export_key(imported["KeyArn"], kind, request)
        _, found = tr31.unwrap(agreed.protection_key(), derived, wrapped["KeyMaterial"])
        self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, found)
        self.assert_same_key(found, key)

    def test_key_blocks(self):
        self.repeat(key_blocks.Import, self.key_block)

    def key_block(self, sender, choices):
        """The imported key goes back out with other optional blocks."""
        protection, algorithm = sorted(choices.choices(STRENGTH, k=2), key=STRENGTH.index)[::-1]
        arn, kek = sender.kek(protection)
        version = "D" if protection.startswith("AES") else choices.choice("ABC")
        key = keys.new_key(algorithm)
        blocks = optional_blocks(choices, 400)
        block = tr31.wrap(kek, key, "D0", algorithm, "B", version, blocks=blocks)
        imported = sender.import_block(arn, block)
        self.assert_holds(imported, algorithm, key)
        blocks = optional_blocks(choices, 50)
        wrapped = sender.export_block(imported["KeyArn"], arn, OptionalBlocks=blocks)
        header, found = tr31.unwrap(kek, protection, wrapped["KeyMaterial"])
        self.assertEqual(dict(header.blocks), blocks)
        self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, found)
        self.assert_same_key(found, key)

    def test_initial_keys(self):
        self.repeat(key_blocks.Export, self.initial_key)

    def initial_key(self, sender, choices):
        algorithm = choices.choice(["TDES_2KEY", "AES_128", "AES_192", "AES_256"])
        bdk = self.create("B0", algorithm, "X")["KeyArn"]
        ksn = choices.randbytes(10 if algorithm == "TDES_2KEY" else 12).hex().upper()
        arn, kek = sender.kek("AES_256")
        wrapped = self.export_key(
            bdk,
            "Tr31KeyBlock",
            {"WrappingKeyIdentifier": arn},
            ExportDukptInitialKey={"KeySerialNumber": ksn},
        )
        _, found = tr31.unwrap(kek, "AES_256", wrapped["KeyMaterial"])
        self.assert_exported(wrapped, "TR31_KEY_BLOCK", algorithm, found)
        self.assert_same_key(found, keys.initial_key(algorithm, clear_key(bdk), ksn))


def optional_blocks(choices, longest):
    """One or two blocks of ids that mean nothing to anybody."""
    return {
        block_id: "".join(choices.choices(LETTERS, k=choices.randint(1, longest)))
        for block_id in choices.sample(["Z0", "Z9", "YA", "99"], choices.randint(1, 2))
    }
