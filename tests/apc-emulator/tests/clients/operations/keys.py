"""Operations on keys, aliases and tags, with a look at what each answers."""

import datetime

from service import MODES, NOT_FOUND, USAGES, ServiceTest

KEY_ARN = r"^arn:aws:payment-cryptography:eu-west-1:[0-9]{12}:key/[0-9a-zA-Z]{16,64}$"
ALL_MODES = {
    "Encrypt",
    "Decrypt",
    "Wrap",
    "Unwrap",
    "Generate",
    "Sign",
    "Verify",
    "DeriveKey",
    "NoRestrictions",
}


class Keys(ServiceTest):
    def assert_complete(self, key):
        """The members that the model requires of a Key, and their types."""
        self.assertRegex(key["KeyArn"], KEY_ARN)
        self.assertLessEqual(
            {
                "KeyAttributes",
                "KeyCheckValue",
                "KeyCheckValueAlgorithm",
                "Enabled",
                "Exportable",
                "KeyState",
                "KeyOrigin",
                "CreateTimestamp",
            },
            set(key),
        )
        self.assertIsInstance(key["Enabled"], bool)
        self.assertIsInstance(key["Exportable"], bool)
        self.assert_recent(key["CreateTimestamp"])
        self.assertEqual(set(key["KeyAttributes"]["KeyModesOfUse"]), ALL_MODES)

    def assert_recent(self, time):
        self.assertIsInstance(time, datetime.datetime)
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs((now - time).total_seconds()), 60)

    def assert_days_ahead(self, time, days):
        self.assert_recent(time - datetime.timedelta(days=days))

    def test_create_get_and_list_keys_of_every_symmetric_algorithm(self):
        created = {}
        for usage, algorithm, mode, digits, method in [
            ("K0", "AES_128", "B", 6, "CMAC"),
            ("K1", "AES_192", "E", 6, "CMAC"),
            ("D0", "AES_256", "N", 6, "CMAC"),
            ("P0", "TDES_2KEY", "D", 6, "ANSI_X9_24"),
            ("B0", "TDES_3KEY", "X", 6, "ANSI_X9_24"),
            ("M7", "HMAC_SHA224", "C", 6, "HMAC"),
            ("M7", "HMAC_SHA256", "G", 6, "HMAC"),
            ("M7", "HMAC_SHA384", "V", 6, "HMAC"),
            ("M7", "HMAC_SHA512", "C", 6, "HMAC"),
        ]:
            with self.subTest(algorithm):
                key = self.create(usage, algorithm, mode)
                self.assert_complete(key)
                self.assertRegex(key["KeyCheckValue"], rf"^[0-9A-F]{{{digits}}}$")
                self.assertEqual(key["KeyCheckValueAlgorithm"], method)
                self.assertEqual(key["KeyOrigin"], "AWS_PAYMENT_CRYPTOGRAPHY")
                self.assertEqual(key["KeyState"], "CREATE_COMPLETE")
                self.assertEqual((key["Enabled"], key["Exportable"]), (True, True))
                self.assertEqual(key["KeyAttributes"]["KeyUsage"], USAGES[usage])
                modes = {name for name, on in key["KeyAttributes"]["KeyModesOfUse"].items() if on}
                self.assertEqual(modes, set(MODES[mode]))
                found = self.service.get_key(KeyIdentifier=key["KeyArn"])["Key"]
                self.assertEqual(found, key)
                created[key["KeyArn"]] = key

        paginator = self.service.get_paginator("list_keys")
        pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
        self.assertTrue(all(len(page["Keys"]) <= 2 for page in pages))
        listed = {key["KeyArn"]: key for page in pages for key in page["Keys"]}
        for arn, key in created.items():
            members = ("KeyState", "KeyAttributes", "KeyCheckValue", "Exportable", "Enabled")
            self.assertEqual(
                {name: listed[arn][name] for name in members}, {name: key[name] for name in members}
            )
        first = self.service.list_keys(MaxResults=1)
        self.assertIsInstance(first["NextToken"], str)
        second = self.service.list_keys(MaxResults=100, NextToken=first["NextToken"])
        self.assertNotIn(first["Keys"][0], second["Keys"])
        self.assertNotIn("NextToken", second)

    def test_create_key_pairs(self):
        for usage, algorithm, mode in [
            ("D1", "RSA_2048", "B"),
            ("K2", "RSA_3072", "D"),
            ("S0", "RSA_2048", "S"),
        ]:
            with self.subTest(usage):
                key = self.create(usage, algorithm, mode)
                self.assert_complete(key)
                self.assertRegex(key["KeyCheckValue"], r"^[0-9A-F]{8}$")
                self.assertEqual(key["KeyCheckValueAlgorithm"], "SHA_1")
        key = self.create("K3", "ECC_NIST_P256", "X", DeriveKeyUsage=USAGES["K1"])
        self.assertEqual(key["DeriveKeyUsage"], USAGES["K1"])

    def test_lifecycle(self):
        arn = self.create("K0", "AES_128", Enabled=False)["KeyArn"]
        started = self.service.start_key_usage(KeyIdentifier=arn)["Key"]
        self.assertTrue(started["Enabled"])
        self.assert_recent(started["UsageStartTimestamp"])
        stopped = self.service.stop_key_usage(KeyIdentifier=arn)["Key"]
        self.assertFalse(stopped["Enabled"])
        self.assert_recent(stopped["UsageStopTimestamp"])

        for days, asked in [(7, {}), (3, {"DeleteKeyInDays": 3}), (180, {"DeleteKeyInDays": 180})]:
            deleted = self.service.delete_key(KeyIdentifier=arn, **asked)["Key"]
            self.assertEqual(deleted["KeyState"], "DELETE_PENDING")
            self.assert_days_ahead(deleted["DeletePendingTimestamp"], days)
            pending = self.service.list_keys(KeyState="DELETE_PENDING")["Keys"]
            self.assertIn(arn, [key["KeyArn"] for key in pending])
            restored = self.service.restore_key(KeyIdentifier=arn)["Key"]
            self.assertEqual(restored["KeyState"], "CREATE_COMPLETE")
            self.assertNotIn("DeletePendingTimestamp", restored)

    def test_aliases_with_and_without_a_key(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        other = self.create("K0", "AES_128")["KeyArn"]
        created = self.service.create_alias(AliasName="alias/every/one", KeyArn=arn)["Alias"]
        self.assertEqual(created, {"AliasName": "alias/every/one", "KeyArn": arn})
        bare = self.service.create_alias(AliasName="alias/every/two")["Alias"]
        self.assertEqual(bare, {"AliasName": "alias/every/two"})

        found = self.service.get_key(KeyIdentifier="alias/every/one")["Key"]
        self.assertEqual(found["KeyArn"], arn)
        alias_arn = arn.rpartition(":")[0] + ":alias/every/one"
        self.assertEqual(self.service.get_key(KeyIdentifier=alias_arn)["Key"]["KeyArn"], arn)

        moved = self.service.update_alias(AliasName="alias/every/one", KeyArn=other)["Alias"]
        self.assertEqual(moved["KeyArn"], other)
        freed = self.service.update_alias(AliasName="alias/every/one")["Alias"]
        self.assertNotIn("KeyArn", freed)
        self.assertNotIn("KeyArn", self.service.get_alias(AliasName="alias/every/one")["Alias"])

        paginator = self.service.get_paginator("list_aliases")
        pages = list(paginator.paginate(PaginationConfig={"PageSize": 1}))
        names = {alias["AliasName"] for page in pages for alias in page["Aliases"]}
        self.assertLessEqual({"alias/every/one", "alias/every/two"}, names)
        self.service.update_alias(AliasName="alias/every/two", KeyArn=arn)
        of_key = self.service.list_aliases(KeyArn=arn)["Aliases"]
        self.assertEqual([alias["AliasName"] for alias in of_key], ["alias/every/two"])

        self.service.delete_alias(AliasName="alias/every/two")
        with self.refused(NOT_FOUND):
            self.service.get_alias(AliasName="alias/every/two")

    def test_a_deleted_key_leaves_its_alias_unassigned(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        self.service.create_alias(AliasName="alias/left-behind", KeyArn=arn)
        self.service.delete_key(KeyIdentifier="alias/left-behind")
        self.assertNotIn("KeyArn", self.service.get_alias(AliasName="alias/left-behind")["Alias"])

    def test_tags(self):
        tags = [{"Key": f"tag-{number}", "Value": str(number)} for number in range(5)]
        arn = self.create("K0", "AES_128", Tags=tags)["KeyArn"]
        self.service.tag_resource(ResourceArn=arn, Tags=[{"Key": "tag-0", "Value": "changed"}])
        self.service.untag_resource(ResourceArn=arn, TagKeys=["tag-4", "was-never-there"])
        paginator = self.service.get_paginator("list_tags_for_resource")
        pages = list(paginator.paginate(ResourceArn=arn, PaginationConfig={"PageSize": 3}))
        self.assertEqual([len(page["Tags"]) for page in pages], [3, 1])
        found = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        self.assertEqual(found, {"tag-0": "changed", "tag-1": "1", "tag-2": "2", "tag-3": "3"})
