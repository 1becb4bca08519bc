"""Condition keys that AWS fills from a request to S3 and ministack does not.

An absent key is worse than a wrong one: no Allow that names it ever matches, and a Deny on its absence
always does. Both keys are in the service authorization reference of Amazon S3, under PutObject.
"""

from ministack.core import iam_actions

# One that changes an object only if it is absent, or only if it is what the caller thinks.
CONDITIONS = ("if-none-match", "if-match")
# The calls of a multipart upload that are authorised as PutObject and create no object.
PARTS = ("uploads", "partNumber")


def put_object_keys(query_params, headers):
    """The keys of a call that is authorised as s3:PutObject, in lower case as they are looked up."""
    keys = {f"s3:{name}": headers[name] for name in CONDITIONS if name in headers}
    is_part = any(name in query_params for name in PARTS)
    keys["s3:objectcreationoperation"] = "false" if is_part else "true"
    return keys


def install():
    """Adds the keys to those that ministack finds."""
    found = iam_actions.s3_service_context

    def s3_service_context(iam_action, query_params, path="", headers=None):
        keys = found(iam_action, query_params, path, headers)
        if iam_action == "s3:PutObject":
            keys |= put_object_keys(query_params or {}, headers or {})
        return keys

    iam_actions.s3_service_context = s3_service_context
