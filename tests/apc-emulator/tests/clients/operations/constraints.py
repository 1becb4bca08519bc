"""Every constraint of the service's published model, broken on purpose, one at a time.

SDKs check only a few of them before they send a request, so the service must check all: members that
are required, kinds of values, lengths, ranges, patterns, enums and unions, however deep they lie.
"""

import copy
import json
import re
import unittest

import botocore.session

from service import VALIDATION, raw

ARN = "arn:aws:payment-cryptography:eu-west-1:000000000000:key/kwapwa6qaifllw2h"
# Base64 of a PEM text; what is in it is looked at later than the form of the request.
CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BQT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="
POLICY = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "payment-cryptography:GetKey",
        "Resource": "*",
    },
}

# A good value for each kind of text that has a pattern or a limit.
TEXTS = {
    "AliasName": "alias/x",
    "CertificateSubjectTypeCityString": "Arlington",
    "CertificateSubjectTypeCommonNameString": "device",
    "CertificateSubjectTypeCountryString": "BR",
    "CertificateSubjectTypeEmailAddressString": "keys@example.com",
    "CertificateSubjectTypeOrganizationString": "Example",
    "CertificateSubjectTypeOrganizationUnitString": "Keys",
    "CertificateSubjectTypeStateOrProvinceString": "Virginia",
    "CertificateType": CERTIFICATE,
    "EvenHexLengthBetween16And32": "0123456789abcdef",
    "ExportTokenId": "export-token-0123456789abcdef",
    "HexLength20Or24": "FFFF9876543210E00001",
    "ImportTokenId": "import-token-0123456789abcdef",
    "KeyArn": ARN,
    "KeyArnOrKeyAliasType": "alias/x",
    "KeyVersion": "01",
    "MpaRequesterComment": "please",
    "MpaTeamArn": "arn:aws:mpa:us-east-1:111122223333:approval-team/custodians",
    "NextToken": "token",
    "OptionalBlockId": "KS",
    "OptionalBlockValue": "0123456789",
    "Region": "us-west-2",
    "ResourceArn": ARN,
    "ResourcePolicy": json.dumps(POLICY),
    "SharedInformation": "0123456789",
    "TagKey": "purpose",
    "TagValue": "test",
    "Tr31WrappedKeyBlock": "D0112K0TB00E0000" + "0" * 96,
    "Tr34WrappedKeyBlock": "3000",
    "WrappedKeyCryptogram": "00" * 16,
}


def samples(shape):
    """Good values of a shape: one, or for a union one of each member."""
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_tagged_union", False):
            for name, member in shape.members.items():
                for value in samples(member):
                    yield {name: value}
            return
        whole = {name: next(samples(member)) for name, member in shape.members.items()}
        unions = [
            name
            for name, member in shape.members.items()
            if getattr(member, "is_tagged_union", False)
        ]
        if not unions:
            yield whole
        for union in unions:
            for value in samples(shape.members[union]):
                yield {**whole, union: value}
    elif kind == "list":
        yield [next(samples(shape.member))]
    elif kind == "map":
        yield {next(samples(shape.key)): next(samples(shape.value))}
    elif kind == "string":
        yield shape.enum[0] if shape.enum else TEXTS[shape.name]
    elif kind == "integer":
        yield shape.metadata["min"]
    else:
        assert kind == "boolean", f"{shape.name} is a {kind}"
        yield True


def violations(shape, value, path=()):
    """What is wrong, where, and the wrong value; `None` for a member that is left out."""
    kind = shape.type_name
    wrong = {"structure": "x", "map": "x", "list": "x", "boolean": "true"}.get(kind, [1])
    yield f"a {kind} that is none", path, wrong
    if kind in ("structure", "map", "string"):
        yield f"an empty array for a {kind}", path, []
    if kind in ("structure", "map"):
        yield f"an array of the values of a {kind}", path, list(value.values())
    if kind == "structure":
        union = getattr(shape, "is_tagged_union", False)
        if union:
            yield "no member of a union", path, {}
            others = [name for name in shape.members if name not in value]
            if others:
                two = {**value, others[0]: next(samples(shape.members[others[0]]))}
                yield "two members of a union", path, two
        for name in shape.required_members:
            yield "a required member that is missing", (*path, name), None
        for name, member in value.items():
            yield from violations(shape.members[name], member, (*path, name))
    elif kind == "list":
        yield from violations(shape.member, value[0], (*path, 0))
        maximum = shape.metadata.get("max")
        if maximum:
            yield f"more than {maximum} items", path, value * (maximum + 1)
    elif kind == "integer":
        yield "a number that is too small", path, shape.metadata["min"] - 1
        yield "a number that is too large", path, shape.metadata["max"] + 1
    elif kind == "string":
        if shape.enum:
            yield "no member of the enum", path, "OTHER"
            yield "an enum in lower case", path, value.lower()
        else:
            for what, text in wrong_texts(shape, value):
                yield what, path, text


def wrong_texts(shape, value):
    limits = shape.metadata
    if limits.get("min"):
        yield "a text that is too short", value[: limits["min"] - 1]
    if limits.get("max"):
        yield "a text that is too long", value + "00" * limits["max"]
    pattern = limits.get("pattern")
    if pattern:
        rule = re.compile(pattern.replace("$|^", "|"))
        assert rule.fullmatch(value), f"{shape.name}: the sample is wrong"
        for character in ("<", "!", "\u0100", "\n"):
            text = value[:-1] + character
            if not rule.fullmatch(text):
                yield f"a text with {character!r}", text
                return
        raise AssertionError(f"{shape.name}: the pattern allows everything")


def replaced(body, path, value):
    body = copy.deepcopy(body)
    *parents, last = path
    place = body
    for step in parents:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


class Constraints(unittest.TestCase):
    def test_each_constraint_is_enforced_and_its_member_named(self):
        model = botocore.session.get_session().get_service_model("payment-cryptography")
        seen = set()
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            for body in samples(shape):
                _, _, unbroken = raw(operation, body)
                for what, path, wrong in violations(shape, body):
                    key = operation, path, what
                    if not path or key in seen:
                        continue
                    seen.add(key)
                    with self.subTest(operation=operation, path=path, what=what):
                        status, name, message = raw(operation, replaced(body, path, wrong))
                        self.assertEqual((status, name), (400, VALIDATION), message)
                        member = next(step for step in reversed(path) if isinstance(step, str))
                        self.assertIn(member, message)
                        # It is not refused for something else, which is the same in all of them.
                        self.assertNotEqual(message, unbroken)
        # Whatever the model of the SDK at hand says, these are most of what it says.
        self.assertGreater(len(seen), 700)
