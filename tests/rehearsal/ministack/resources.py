"""Resources that a call acts on, where ministack takes it to act on all of them.

Service authorization reference of AWS Systems Manager: `GetParametersByPath` is authorised for the parameter
at the path. A permission that is as narrow as that would never match.
"""

import json

from ministack.core import iam_actions


def parameters_by_path(headers, body, region, account):
    """The ARN of the path, or None for any other call."""
    if not headers.get("x-amz-target", "").endswith(".GetParametersByPath"):
        return None
    path = json.loads(body or b"{}").get("Path", "")
    return f"arn:aws:ssm:{region}:{account}:parameter/{path.strip('/')}"


def install():
    """Puts these in front of what ministack finds."""
    found = iam_actions.extract_resource_arn

    def extract_resource_arn(service, method, path, headers, body, query_params, region, account_id):
        known = parameters_by_path(headers, body, region, account_id) if service == "ssm" else None
        return known or found(service, method, path, headers, body, query_params, region, account_id)

    iam_actions.extract_resource_arn = extract_resource_arn
