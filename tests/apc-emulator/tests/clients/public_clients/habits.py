"""What the sample clients have in common."""

from service import ServiceTest, authority_attributes


def all_modes(*names):
    """Sample clients send all nine members, most of them false."""
    every = ("Encrypt", "Decrypt", "Wrap", "Unwrap", "Generate", "Sign", "Verify", "DeriveKey")
    return {name: name in names for name in (*every, "NoRestrictions")}


ENCRYPTION_MODES = all_modes("Encrypt", "Decrypt", "Wrap", "Unwrap")


class SampleTest(ServiceTest):
    def free_alias(self, alias):
        """Has the alias exist without a key; the key it had is given up."""
        try:
            found = self.service.get_alias(AliasName=alias)["Alias"]
        except self.service.exceptions.ResourceNotFoundException:
            self.service.create_alias(AliasName=alias)
            return
        if "KeyArn" in found:
            self.service.update_alias(AliasName=alias)
            self.service.delete_key(KeyIdentifier=found["KeyArn"], DeleteKeyInDays=3)

    def root_under(self, alias, authority, method="ANSI_X9_24"):
        """Imports the authority anew and points the alias at it."""
        self.free_alias(alias)
        arn = self.service.import_key(
            Enabled=True,
            KeyCheckValueAlgorithm=method,
            KeyMaterial={
                "RootCertificatePublicKey": {
                    "KeyAttributes": {
                        **authority_attributes(authority.algorithm),
                        "KeyModesOfUse": all_modes("Verify"),
                    },
                    "PublicKeyCertificate": authority.wire(),
                }
            },
            Tags=[],
        )["Key"]["KeyArn"]
        self.service.update_alias(AliasName=alias, KeyArn=arn)
        return arn
