"""Condition keys that AWS fills from a request and ministack does not.

An absent key is worse than a wrong one: no Allow that names it ever matches, and a Deny on its absence
always does. An Allow for all of its values (`ForAllValues`) matches every time.
"""

import json

from ministack.core import iam_actions
from ministack.services import dynamodb

# One that changes an object only if it is absent, or only if it is what the caller thinks.
CONDITIONS = ("if-none-match", "if-match")
# The calls of a multipart upload that are authorised as PutObject and create no object.
PARTS = ("uploads", "partNumber")


def put_object_keys(query_params, headers):
    """The keys of a call that is authorised as s3:PutObject, in lower case as they are looked up.

    Service authorization reference of Amazon S3, under PutObject.
    """
    keys = {f"s3:{name}": headers[name] for name in CONDITIONS if name in headers}
    is_part = any(name in query_params for name in PARTS)
    keys["s3:objectcreationoperation"] = "false" if is_part else "true"
    return keys


def encryption_context(request):
    """`kms:EncryptionContext:<key>` for each pair of a call's encryption context.

    Service authorization reference of AWS KMS, under Decrypt, Encrypt and GenerateDataKey.
    """
    pairs = request.get("EncryptionContext") or {}
    return {f"kms:EncryptionContext:{key}": value for key, value in pairs.items()}


def leading_keys(request):
    """`dynamodb:LeadingKeys`: the partition key of the item that a call names.

    Service authorization reference of Amazon DynamoDB, under GetItem and PutItem.
    """
    item = request.get("Key") or request.get("Item")
    table = dynamodb._tables.get(request.get("TableName", "").rpartition("/")[2])
    if not item or not table:
        return {}
    partition = next(key["AttributeName"] for key in table["KeySchema"] if key["KeyType"] == "HASH")
    return {"dynamodb:LeadingKeys": list(item.get(partition, {}).values())}


OF_JSON = {"dynamodb": leading_keys, "kms": encryption_context}


def install():
    """Adds the keys to those that ministack finds."""
    of_s3 = iam_actions.s3_service_context
    of_tags = iam_actions.request_tag_context

    def s3_service_context(iam_action, query_params, path="", headers=None):
        keys = of_s3(iam_action, query_params, path, headers)
        if iam_action == "s3:PutObject":
            keys |= put_object_keys(query_params or {}, headers or {})
        return keys

    # Asked for every call of every service.
    def request_tag_context(service, iam_action, body, params):
        keys = of_tags(service, iam_action, body, params)
        if service in OF_JSON:
            keys |= OF_JSON[service](json.loads(body or b"{}"))
        return keys

    iam_actions.s3_service_context = s3_service_context
    iam_actions.request_tag_context = request_tag_context
