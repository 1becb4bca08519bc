"""What CloudTrail records reaches EventBridge, as in an account with a trail.

On AWS a rule on `AWS API Call via CloudTrail` sees the management events that change something. ministack
records calls (with CLOUDTRAIL_RECORDING=1) and stops there, and it takes the access key for the caller's
name. Here the record gets the caller's identity in the form of CloudTrail, and goes to the default bus.
"""

import json

from ministack.core import iam_evaluator
from ministack.services import cloudtrail, eventbridge

# Services whose calls are data events, or that would report their own reports.
SILENT_SERVICES = frozenset({"dynamodb", "events", "logs", "s3", "sns", "sqs", "sts"})
# Data events, and uses of a KMS key, which CloudTrail records as reads.
SILENT_CALLS = frozenset({"Decrypt", "Encrypt", "GenerateDataKey", "Invoke", "ReEncrypt", "Sign", "Verify"})
READS = ("BatchGet", "Describe", "Get", "List", "Lookup", "Simulate")


def is_reported(service, event_name):
    """Whether a rule sees it that does not ask for reads."""
    silent = service in SILENT_SERVICES or event_name in SILENT_CALLS
    return not silent and not event_name.startswith(READS)


def as_cloudtrail_writes(value):
    """The members of a request, which CloudTrail writes in lower camel case whatever the service's API does."""
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: as_cloudtrail_writes(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_cloudtrail_writes(element) for element in value]
    return value


def user_identity(access_key_id, account):
    """`userIdentity` as CloudTrail writes it for the account's root user, a role's session, or a user."""
    caller = iam_evaluator.resolve_caller_identity(access_key_id) or {}
    arn = caller.get("userArn", "")
    identity = {"principalId": caller.get("userId", ""), "arn": arn, "accountId": account,
                "accessKeyId": access_key_id}
    if ":assumed-role/" in arn:
        # arn:aws:sts::<account>:assumed-role/<role>/<session>
        role = arn.split(":assumed-role/")[1].split("/")[0]
        issuer = {"type": "Role", "principalId": identity["principalId"].split(":")[0],
                  "arn": f"arn:aws:iam::{account}:role/{role}", "accountId": account, "userName": role}
        return identity | {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
    if arn.endswith(":root"):
        return identity | {"type": "Root"}
    return identity | {"type": "IAMUser", "userName": arn.rpartition("/")[2]}


def install():
    """Puts every call that is recorded and reported on the default bus."""
    record_event = cloudtrail.record_event

    def record_and_report(*, service, event_name, access_key_id, **rest):
        record_event(service=service, event_name=event_name, access_key_id=access_key_id, **rest)
        if not is_reported(service, event_name):
            return
        detail = json.loads(cloudtrail._get_event_queue()[-1]["CloudTrailEvent"])
        detail["userIdentity"] = user_identity(access_key_id, detail["recipientAccountId"])
        detail["requestParameters"] = as_cloudtrail_writes(detail["requestParameters"])
        entry = {"Source": f"aws.{service}", "DetailType": "AWS API Call via CloudTrail",
                 "Detail": json.dumps(detail)}
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    cloudtrail.record_event = record_and_report
