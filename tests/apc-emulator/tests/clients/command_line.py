"""The AWS CLI (version 1), as an operator would type."""

import json
import subprocess
import time
import unittest

from partner_crypto import keys
from partner_crypto.certificates import Authority, from_wire
from service import MODES, USAGES, authority_attributes


def aws(*arguments, fails=False):
    """Output of `aws payment-cryptography …`; with `fails`, what it complains about."""
    command = ["aws", "payment-cryptography", *arguments, "--output", "json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if fails:
        assert result.returncode == 255, result
        return result.stderr
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout) if result.stdout else None


def shorthand(usage, algorithm, mode):
    modes = ",".join(f"{name}=true" for name in MODES[mode])
    return (
        f"KeyUsage={USAGES[usage]},KeyClass=SYMMETRIC_KEY,KeyAlgorithm={algorithm},"
        f"KeyModesOfUse={{{modes}}}"
    )


class CommandLine(unittest.TestCase):
    def assert_recent(self, timestamp):
        """This version of the CLI shows times as they are on the wire: as numbers."""
        self.assertLess(abs(timestamp - time.time()), 60)

    def test_a_key_is_made_named_and_exported(self):
        created = aws(
            "create-key", "--exportable", "--key-attributes", shorthand("K0", "AES_128", "B")
        )["Key"]
        self.assert_recent(created["CreateTimestamp"])
        arn = created["KeyArn"]
        aws("create-alias", "--alias-name", "alias/typed", "--key-arn", arn)
        self.assertEqual(aws("get-key", "--key-identifier", "alias/typed")["Key"], created)

        root = Authority("RSA_3072")
        leaf = root.leaf("RSA_3072")
        material = {
            "RootCertificatePublicKey": {
                "KeyAttributes": authority_attributes("RSA_3072"),
                "PublicKeyCertificate": root.wire(),
            }
        }
        authority = aws("import-key", "--key-material", json.dumps(material))["Key"]["KeyArn"]
        material = {
            "KeyCryptogram": {
                "CertificateAuthorityPublicKeyIdentifier": authority,
                "WrappingKeyCertificate": leaf.wire(),
            }
        }
        wrapped = aws(
            "export-key",
            "--export-key-identifier",
            "alias/typed",
            "--key-material",
            json.dumps(material),
        )["WrappedKey"]
        key = keys.rsa_unwrap(leaf.key, wrapped["KeyMaterial"])
        self.assertEqual(keys.kcv("AES_128", key), created["KeyCheckValue"])
        self.assertEqual(wrapped["KeyCheckValue"], created["KeyCheckValue"])

        listed = aws("list-keys", "--page-size", "1")["Keys"]
        self.assertEqual({key["KeyArn"] for key in listed}, {arn, authority})
        deleted = aws("delete-key", "--key-identifier", arn, "--delete-key-in-days", "3")["Key"]
        self.assertEqual(deleted["KeyState"], "DELETE_PENDING")

    def test_parameters_for_import(self):
        parameters = aws(
            "get-parameters-for-import",
            "--key-material-type",
            "KEY_CRYPTOGRAM",
            "--wrapping-key-algorithm",
            "RSA_3072",
        )
        (certificate,) = from_wire(parameters["WrappingKeyCertificate"])
        self.assertEqual(certificate.public_key().key_size, 3072)
        self.assert_recent(parameters["ParametersValidUntilTimestamp"] - 30 * 86_400)

    def test_errors_have_their_names(self):
        complaint = aws("get-key", "--key-identifier", "alias/unknown", fails=True)
        self.assertIn("(ResourceNotFoundException)", complaint)
        half = shorthand("K0", "AES_128", "C")
        complaint = aws("create-key", "--exportable", "--key-attributes", half, fails=True)
        self.assertIn("(ValidationException)", complaint)
