"""What the programs share: boto3 pointed at the emulator, and short words for its requests."""

import contextlib
import http.client
import json
import os
import unittest
import urllib.parse
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from partner_crypto import keys
from partner_crypto.certificates import Authority, wire

HOME = os.environ["AWS_DEFAULT_REGION"]
CONTROLS = os.environ["APC_MANAGEMENT_URL"]
ENDPOINT = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL_PAYMENT_CRYPTOGRAPHY"])

USAGES = {
    "B0": "TR31_B0_BASE_DERIVATION_KEY",
    "C0": "TR31_C0_CARD_VERIFICATION_KEY",
    "D0": "TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY",
    "D1": "TR31_D1_ASYMMETRIC_KEY_FOR_DATA_ENCRYPTION",
    "E0": "TR31_E0_EMV_MKEY_APP_CRYPTOGRAMS",
    "K0": "TR31_K0_KEY_ENCRYPTION_KEY",
    "K1": "TR31_K1_KEY_BLOCK_PROTECTION_KEY",
    "K2": "TR31_K2_TR34_ASYMMETRIC_KEY",
    "K3": "TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT",
    "M0": "TR31_M0_ISO_16609_MAC_KEY",
    "M3": "TR31_M3_ISO_9797_3_MAC_KEY",
    "M6": "TR31_M6_ISO_9797_5_CMAC_KEY",
    "M7": "TR31_M7_HMAC_KEY",
    "P0": "TR31_P0_PIN_ENCRYPTION_KEY",
    "S0": "TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE",
    "V1": "TR31_V1_IBM3624_PIN_VERIFICATION_KEY",
}

# By their letter in a key block.
MODES = {
    "B": {"Encrypt": True, "Decrypt": True, "Wrap": True, "Unwrap": True},
    "C": {"Generate": True, "Verify": True},
    "D": {"Decrypt": True, "Unwrap": True},
    "E": {"Encrypt": True, "Wrap": True},
    "G": {"Generate": True},
    "N": {"NoRestrictions": True},
    "S": {"Sign": True},
    "V": {"Verify": True},
    "X": {"DeriveKey": True},
}

VALIDATION = "ValidationException"
CONFLICT = "ConflictException"
NOT_FOUND = "ResourceNotFoundException"


def client(region=HOME, **credentials):
    """A client that knows of nothing but the environment and does not hide a failure by retries."""
    retries = {"total_max_attempts": 1}
    config = Config(retries=retries, read_timeout=60)
    service = boto3.client("payment-cryptography", region, config=config, **credentials)
    service.meta.events.register("after-call.payment-cryptography", only_modelled_errors)
    return service


def only_modelled_errors(model, parsed, **_):
    """What an operation refuses with is one of the exceptions that the published model gives it."""
    if "Error" in parsed:
        modelled = {shape.error_code for shape in model.error_shapes}
        error = parsed["Error"]
        assert error["Code"] in modelled, f"{model.name} answers {error}"


def another_account(region=HOME):
    """An access key id of twelve digits is the account, as other local emulators have it."""
    return client(region, aws_access_key_id="111122223333", aws_secret_access_key="test")


def raw(operation, body):
    """A request that no SDK would send. Status, name of the exception, message."""
    scope = "Credential=test/20260101/eu-west-1/payment-cryptography/aws4_request"
    headers = {
        "X-Amz-Target": f"PaymentCryptographyControlPlane.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=00",
    }
    connection = http.client.HTTPConnection(ENDPOINT.netloc)
    connection.request("POST", "/", body if isinstance(body, str) else json.dumps(body), headers)
    answer = connection.getresponse()
    assert answer.headers["x-amzn-RequestId"]
    text = json.loads(answer.read())
    connection.close()
    exception = text.get("__type", "").rpartition("#")[2]
    return answer.status, exception, text.get("Message", "")


def attributes(usage, algorithm, mode, key_class=None):
    if key_class is None:
        pair = algorithm.startswith(("RSA", "ECC"))
        key_class = "ASYMMETRIC_KEY_PAIR" if pair else "SYMMETRIC_KEY"
    return {
        "KeyUsage": USAGES[usage],
        "KeyClass": key_class,
        "KeyAlgorithm": algorithm,
        "KeyModesOfUse": MODES[mode],
    }


def authority_attributes(algorithm):
    return attributes("S0", algorithm, "V", "PUBLIC_KEY")


def controls(method, path, body=None):
    """Asks the emulator's management port, which the service does not have."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(CONTROLS + path, data, method=method)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def clear_key(arn):
    """The bytes that the emulator holds: the last word on whether a key arrived."""
    return bytes.fromhex(controls("POST", "/keys/clear", {"keyArn": arn})["clearKey"])


@contextlib.contextmanager
def days_later(days):
    """Another day, by the emulator's clock."""
    controls("PUT", "/clock", {"offsetSeconds": days * 86_400})
    try:
        yield
    finally:
        controls("PUT", "/clock", {"offsetSeconds": 0})


class ServiceTest(unittest.TestCase):
    """A test with a client of the service."""

    @classmethod
    def setUpClass(cls):
        cls.service = client()
        cls.roots = {}

    @contextlib.contextmanager
    def refused(self, exception=VALIDATION, because=""):
        """The service refuses what happens within, in the form that both SDKs understand."""
        with self.subTest(because), self.assertRaises(ClientError) as caught:
            yield caught
        if not hasattr(caught, "exception"):
            # The subtest has failed and been noted; the rest of the test goes on.
            return
        response = caught.exception.response
        found = response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]
        self.assertEqual(found, (exception, 400), f"{because}: {response['Error']}")
        self.assertTrue(response["Error"]["Message"])

    @classmethod
    def create(cls, usage, algorithm, mode="B", **more):
        answer = cls.service.create_key(
            KeyAttributes=attributes(usage, algorithm, mode), **{"Exportable": True, **more}
        )
        return answer["Key"]

    def import_key(self, kind, material, **more):
        return self.service.import_key(KeyMaterial={kind: material}, **more)["Key"]

    def export_key(self, identifier, kind, material, **attributes):
        more = {"ExportAttributes": attributes} if attributes else {}
        answer = self.service.export_key(
            KeyMaterial={kind: material}, ExportKeyIdentifier=identifier, **more
        )
        return answer["WrappedKey"]

    def import_root(self, authority: Authority, **more):
        """The ARN under which the service knows the authority; imported once."""
        certificate = wire(authority.certificate)
        if certificate not in self.roots:
            material = {
                "KeyAttributes": authority_attributes(authority.algorithm),
                "PublicKeyCertificate": certificate,
            }
            key = self.import_key("RootCertificatePublicKey", material, **more)
            self.roots[certificate] = key["KeyArn"]
        return self.roots[certificate]

    def assert_holds(self, key, algorithm, expected):
        """The service holds exactly these bytes and says the right check value of them."""
        self.assertEqual(key["KeyAttributes"]["KeyAlgorithm"], algorithm)
        self.assertEqual(key["KeyCheckValue"], keys.kcv(algorithm, expected))
        # Not assertEqual, which would print the key.
        self.assertTrue(clear_key(key["KeyArn"]) == expected, "the service holds other bytes")

    def assert_exported(self, wrapped, form, algorithm, expected):
        """The answer of ExportKey is complete and has the check value of the key that left."""
        self.assertEqual(wrapped["WrappedKeyMaterialFormat"], form)
        self.assertRegex(
            wrapped["WrappingKeyArn"], r"^arn:aws:payment-cryptography:.*:key/\w{16,64}$"
        )
        self.assertEqual(wrapped["KeyCheckValue"], keys.kcv(algorithm, expected))
        method = "ANSI_X9_24" if algorithm.startswith("TDES") else "CMAC"
        if algorithm.startswith("HMAC"):
            method = "HMAC"
        self.assertEqual(wrapped["KeyCheckValueAlgorithm"], method)

    def assert_same_key(self, found, expected):
        self.assertTrue(found == expected, "another key")
