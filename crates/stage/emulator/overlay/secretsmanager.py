"""Secrets Manager: idempotent tokens, staging labels, checked resource policies."""
import json
from ministack.core.iam_evaluator import validate_policy_document
from ministack.core.responses import error_response_json, json_response
from ministack.services import secretsmanager
from overlay.world import Answer, Callable, patch

service = vars(secretsmanager)

def replay(secret: dict, data: dict) -> Answer | None:
    """ClientRequestToken: on AWS a repeat with the same content succeeds, with other content fails; stock overwrites."""
    version = secret["Versions"].get(token := data.get("ClientRequestToken"))
    if version and any(version[name] != data.get(name) for name in ("SecretString", "SecretBinary")):
        return error_response_json("ResourceExistsException", f"You can't use ClientRequestToken {token} because that "
                                   "value is already in use for a version of secret " + secret["ARN"])
    return version and json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token,
                                      "VersionStages": version["Stages"]})

@patch(service, "_create_secret")
def create_secret(stock: Callable, data: dict) -> Answer:
    """CreateSecret: AWS keeps the token as version id, and makes no version without a value; stock does neither."""
    if (secret := secretsmanager._secrets.get(data["Name"])) and (answer := replay(secret, data)):
        return answer
    answer = stock(data)
    if answer[0] == 200:
        versions = secretsmanager._secrets[data["Name"]]["Versions"]
        body, version = json.loads(answer[2]), versions.popitem()[1]
        del body["VersionId"]
        if version["SecretString"] is not None or version["SecretBinary"] is not None:
            body["VersionId"] = data.get("ClientRequestToken") or secretsmanager.new_uuid()
            versions[body["VersionId"]] = version
        return json_response(body)
    return answer

@patch(service, "_put_secret_value")
def put_secret_value(stock: Callable, data: dict) -> Answer:
    """PutSecretValue: AWS labels a first version AWSCURRENT whatever was asked, and moves labels; stock does neither."""
    secret, stages = secretsmanager._resolve(data["SecretId"])[1], data.get("VersionStages", ["AWSCURRENT"])
    if secret is None or secret["DeletedDate"]:
        return stock(data)
    if answer := replay(secret, data):
        return answer
    if not secretsmanager._find_stage_version(secret, "AWSCURRENT")[0]:
        stages = [*stages, "AWSCURRENT"]
    version_id = json.loads(stock({**data, "VersionStages": stages})[2])["VersionId"]
    for stage in stages:
        secretsmanager._remove_stage_everywhere(secret, stage, except_version_id=version_id)
        secretsmanager._add_stage(secret, version_id, stage)
    return replay(secret, {**data, "ClientRequestToken": version_id})

def is_public(statement: dict) -> bool:
    named = statement["Principal"].get("AWS") if isinstance(statement["Principal"], dict) else statement["Principal"]
    return statement["Effect"] == "Allow" and not statement.get("Condition") and (named == "*" or "*" in list(named or []))

@patch(service, "_put_resource_policy")
def put_resource_policy(stock: Callable, data: dict) -> Answer:
    """PutResourcePolicy: AWS refuses a malformed policy, and with BlockPublicPolicy a public one; stock takes any."""
    problem = validate_policy_document(data.get("ResourcePolicy", ""))
    statements = [] if problem else json.loads(data["ResourcePolicy"])["Statement"]
    statements = [statements] if isinstance(statements, dict) else statements
    if problem or any("Principal" not in one for one in statements):  # so NotPrincipal, which stock ignores, is refused
        return error_response_json("MalformedPolicyDocumentException", problem or "A statement has no Principal.")
    if data.get("BlockPublicPolicy") and any(map(is_public, statements)):
        return error_response_json("PublicPolicyException", "You can't attach a policy that grants broad access.")
    return stock(data)
