"""Every operation on keys that are disabled, wait for their deletion, or are gone.

What they answer is looked at elsewhere; here it only must be something that the published model
gives the operation, which the client checks by itself.
"""

import contextlib

from botocore.exceptions import ClientError

from service import ServiceTest, days_later

POLICY = '{"Version": "2012-10-17", "Statement": []}'


def requests(arn):
    """Those last that change the state of the key."""
    key, resource = {"KeyIdentifier": arn}, {"ResourceArn": arn}
    regions = {**key, "ReplicationRegions": ["us-west-2"]}
    return {
        "add_key_replication_regions": regions,
        "create_alias": {"AliasName": "alias/unusable", "KeyArn": arn},
        "delete_resource_policy": resource,
        "get_certificate_signing_request": {
            **key,
            "SigningAlgorithm": "SHA256",
            "CertificateSubject": {"CommonName": "x"},
        },
        "get_key": key,
        "get_public_key_certificate": key,
        "get_resource_policy": resource,
        "list_aliases": {"KeyArn": arn},
        "list_tags_for_resource": resource,
        "put_resource_policy": {**resource, "Policy": POLICY},
        "remove_key_replication_regions": regions,
        "tag_resource": {**resource, "Tags": [{"Key": "k", "Value": "v"}]},
        "untag_resource": {**resource, "TagKeys": ["k"]},
        "stop_key_usage": key,
        "start_key_usage": key,
        "restore_key": key,
        "delete_key": key,
    }


class UnusableKeys(ServiceTest):
    def check(self, change, days=0):
        for usage, algorithm, mode in [("S0", "RSA_2048", "S"), ("K0", "AES_128", "B")]:
            arn = self.create(usage, algorithm, mode)["KeyArn"]
            change(KeyIdentifier=arn)
            for operation, arguments in requests(arn).items():
                with self.subTest(f"{operation}, {usage}"), days_later(days):
                    with contextlib.suppress(ClientError):
                        getattr(self.service, operation)(**arguments)

    def test_a_disabled_key(self):
        self.check(self.service.stop_key_usage)

    def test_a_key_that_waits_for_its_deletion(self):
        self.check(self.service.delete_key)

    def test_a_key_that_is_gone(self):
        self.check(self.service.delete_key, days=8)
