"""Operations on policies, approval teams and regions, with a look at what each answers."""

from botocore.exceptions import ClientError

from partner_crypto.certificates import Authority
from service import NOT_FOUND, ServiceTest, client, controls


class Policies(ServiceTest):
    def test_resource_policy(self):
        arn = self.create("K0", "AES_128")["KeyArn"]
        account = arn.split(":")[4]
        policy = (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
            f'"Principal":{{"AWS":"arn:aws:iam::{account}:root"}},'
            f'"Action":"payment-cryptography:GetKey","Resource":"{arn}"}}]}}'
        )
        put = self.service.put_resource_policy(ResourceArn=arn, Policy=policy)
        self.assertEqual((put["ResourceArn"], put["Policy"]), (arn, policy))
        found = self.service.get_resource_policy(ResourceArn=arn)
        self.assertEqual((found["ResourceArn"], found["Policy"]), (arn, policy))
        self.service.delete_resource_policy(ResourceArn=arn)
        with self.refused(NOT_FOUND, "there is no policy any more"):
            self.service.get_resource_policy(ResourceArn=arn)

    def test_approval_teams(self):
        action = "IMPORT_ROOT_PUBLIC_KEY_CERTIFICATE"
        with self.refused(NOT_FOUND, "no team yet"):
            self.service.get_mpa_team_association(Action=action)
        team = "arn:aws:mpa:eu-west-1:000000000000:approval-team/custodians"
        made = self.service.associate_mpa_team(
            Action=action, MpaTeamArn=team, RequesterComment="two custodians"
        )["MpaTeamAssociation"]
        self.assertEqual((made["Action"], made["MpaTeamArn"]), (action, team))
        self.assertEqual(made["AssociationState"], "ACTIVE")
        found = self.service.get_mpa_team_association(Action=action)["MpaTeamAssociation"]
        self.assertEqual(found["MpaTeamArn"], team)

        approved, rejected = Authority("RSA_3072", "Approved"), Authority("RSA_3072", "Rejected")
        for authority, decision, status in [
            (approved, "approve", "APPROVED"),
            (rejected, "reject", "FAILED"),
        ]:
            with self.subTest(decision):
                self.assert_waits_for_the_team(authority, decision, status)
        ended = self.service.disassociate_mpa_team(Action=action)["MpaTeamAssociation"]
        self.assertEqual(ended["MpaTeamArn"], team)

    def assert_waits_for_the_team(self, authority, decision, status):
        """A root is of no use before the team has agreed, and never when it has not."""
        key = self.create("K0", "AES_128")["KeyArn"]
        material = {
            "CertificateAuthorityPublicKeyIdentifier": self.import_root(
                authority, RequesterComment="a new partner"
            ),
            "WrappingKeyCertificate": authority.leaf("RSA_3072").wire(),
        }
        root = material["CertificateAuthorityPublicKeyIdentifier"]
        pending = self.service.get_key(KeyIdentifier=root)["Key"]["MpaStatus"]
        self.assertEqual(pending["Status"], "PENDING")
        self.assertRegex(pending["MpaSessionArn"], r"^arn:aws:mpa:eu-west-1:[0-9]{12}:session/")
        with self.assertRaises(ClientError):
            self.export_key(key, "KeyCryptogram", material)
        controls("POST", "/approvals", {"keyArn": root, "decision": decision})
        decided = self.service.get_key(KeyIdentifier=root)["Key"]["MpaStatus"]
        self.assertEqual(decided["Status"], status)
        if decision == "approve":
            wrapped = self.export_key(key, "KeyCryptogram", material)
            self.assertEqual(wrapped["WrappedKeyMaterialFormat"], "KEY_CRYPTOGRAM")
        else:
            with self.assertRaises(ClientError):
                self.export_key(key, "KeyCryptogram", material)


class Replication(ServiceTest):
    def test_regions_of_a_key(self):
        key = self.create("K0", "AES_128", ReplicationRegions=["eu-central-1"])
        self.assertEqual(key["MultiRegionKeyType"], "PRIMARY")
        self.assertEqual(set(key["ReplicationStatus"]), {"eu-central-1"})
        arn = key["KeyArn"]
        key = self.service.add_key_replication_regions(
            KeyIdentifier=arn, ReplicationRegions=["us-east-1"]
        )["Key"]
        self.assertEqual(set(key["ReplicationStatus"]), {"eu-central-1", "us-east-1"})
        states = {status["Status"] for status in key["ReplicationStatus"].values()}
        self.assertLessEqual(states, {"IN_PROGRESS", "SYNCHRONIZED"})

        there = client("us-east-1")
        found = there.list_keys()["Keys"]
        replicas = [other for other in found if other["KeyCheckValue"] == key["KeyCheckValue"]]
        self.assertEqual(len(replicas), 1)
        replica = there.get_key(KeyIdentifier=replicas[0]["KeyArn"])["Key"]
        self.assertEqual(replica["MultiRegionKeyType"], "REPLICA")
        self.assertEqual(replica["PrimaryRegion"], "eu-west-1")

        key = self.service.remove_key_replication_regions(
            KeyIdentifier=arn, ReplicationRegions=["eu-central-1"]
        )["Key"]
        state = key.get("ReplicationStatus", {}).get("eu-central-1", {}).get("Status")
        self.assertIn(state, (None, "DELETE_IN_PROGRESS"))

    def test_regions_of_new_keys(self):
        def enabled():
            answer = self.service.get_default_key_replication_regions()
            return set(answer["EnabledReplicationRegions"])

        self.assertEqual(enabled(), set())
        answer = self.service.enable_default_key_replication_regions(
            ReplicationRegions=["eu-central-1", "us-east-1"]
        )
        self.assertEqual(set(answer["EnabledReplicationRegions"]), {"eu-central-1", "us-east-1"})
        key = self.create("K0", "AES_128")
        self.assertTrue(key["UsingDefaultReplicationRegions"])
        self.assertEqual(set(key["ReplicationStatus"]), {"eu-central-1", "us-east-1"})
        own = self.create("K0", "AES_128", ReplicationRegions=["us-east-1"])
        self.assertEqual(set(own["ReplicationStatus"]), {"us-east-1"})
        answer = self.service.disable_default_key_replication_regions(
            ReplicationRegions=["us-east-1"]
        )
        self.assertEqual(set(answer["EnabledReplicationRegions"]), {"eu-central-1"})
        self.service.disable_default_key_replication_regions(ReplicationRegions=["eu-central-1"])
        self.assertEqual(enabled(), set())
