"""Secrets Manager: idempotent tokens, staging labels, checked resource policies."""
import json
from collections.abc import Callable
from typing import Any
from ministack.core.iam_evaluator import validate_policy_document
from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager
from overlay.world import Answer, patch

service = vars(secretsmanager)

def replay(secret: dict, data: dict) -> Answer | None:
    """AWS: the same ClientRequestToken with the same content is a success, with other content an error; stock overwrites."""
    version = secret["Versions"].get(token := data.get("ClientRequestToken"))
    if version is None:
        return None
    if any(version[name] != data.get(name) for name in ("SecretString", "SecretBinary")):
        return error_response_json("ResourceExistsException", f"You can't use ClientRequestToken {token} because that "
                                   "value is already in use for a version of secret " + secret["ARN"], 400)
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token,
                          "VersionStages": version["Stages"]})

@patch(service, "_create_secret")
def create_secret(stock: Callable, data: dict) -> Answer:
    """CreateSecret: AWS keeps the token as version id, and makes no version without a value; stock neither."""
    if (secret := secretsmanager._secrets.get(data.get("Name"))) and (answer := replay(secret, data)):
        return answer
    status, headers, body = stock(data)
    if status == 200:
        (version_id, version), = (versions := secretsmanager._secrets[data["Name"]]["Versions"]).items()
        versions.clear()
        answer = json.loads(body) | {"VersionId": data.get("ClientRequestToken", version_id)}
        if "SecretString" in data or "SecretBinary" in data:
            versions[answer["VersionId"]] = version
        else:
            del answer["VersionId"]
        return json_response(answer)
    return status, headers, body

@patch(service, "_put_secret_value")
def put_secret_value(stock: Callable, data: dict) -> Answer:
    """PutSecretValue: AWS labels a first version AWSCURRENT whatever was asked, and moves labels; stock does neither."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret is None or secret.get("DeletedDate") or secretsmanager._is_replica(secret):
        return stock(data)
    if answer := replay(secret, data):
        return answer
    stages = data.get("VersionStages", ["AWSCURRENT"])
    if not secretsmanager._find_stage_version(secret, "AWSCURRENT")[0]:
        stages = [*stages, "AWSCURRENT"]
    version_id = json.loads(stock({**data, "VersionStages": stages})[2])["VersionId"]
    for stage in stages:
        secretsmanager._remove_stage_everywhere(secret, stage, except_version_id=version_id)
        secretsmanager._add_stage(secret, version_id, stage)
    return replay(secret, {**data, "ClientRequestToken": version_id})

def is_public(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    named = principal.get("AWS") if isinstance(principal, dict) else principal
    return statement["Effect"] == "Allow" and not statement.get("Condition") and "*" in (
        named if isinstance(named, list) else [named])

@patch(service, "_put_resource_policy")
def put_resource_policy(stock: Callable, data: dict) -> Answer:
    """PutResourcePolicy: AWS refuses a malformed policy, and with BlockPublicPolicy a public one; stock takes any."""
    policy = data.get("ResourcePolicy", "")
    if problem := validate_policy_document(policy):
        return error_response_json("MalformedPolicyDocumentException", problem, 400)
    statements = json.loads(policy)["Statement"]
    statements = [statements] if isinstance(statements, dict) else statements
    if any("Principal" not in statement and "NotPrincipal" not in statement for statement in statements):
        return error_response_json("MalformedPolicyDocumentException", "A statement names no principal.", 400)
    if data.get("BlockPublicPolicy") and any(map(is_public, statements)):
        return error_response_json("PublicPolicyException", "You can't attach a policy that grants broad access.", 400)
    return stock(data)
