"""Secrets Manager: idempotent tokens, staging labels, checked resource policies."""
import json
from ministack.core.iam_evaluator import validate_policy_document
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import secretsmanager
from overlay.world import Any, patch
def replay(secret: dict | None, data: dict) -> tuple | None:
    """ClientRequestToken: on AWS a repeat with the same content succeeds, with other content fails; stock puts it."""
    if not secret or not (version := secret["Versions"].get(token := data.get("ClientRequestToken"))):
        return None
    if any(version[name] != data.get(name) for name in ("SecretString", "SecretBinary")):
        return error_response_json("ResourceExistsException", f"ClientRequestToken {token} has other content already.")
    found = {"VersionId": token, "VersionStages": version["Stages"]}
    return json_response({"ARN": secret["ARN"], "Name": secret["Name"], **found})
@patch(vars(secretsmanager), "_create_secret")
def create_secret(stock: Any, data: dict) -> tuple:
    """CreateSecret: AWS keeps the token as version id, and makes no version without a value; stock does neither."""
    answer = replay(secretsmanager._secrets.get(data["Name"]), data)
    if answer or (answer := stock(data))[0] != 200:
        return answer
    versions, body = secretsmanager._secrets[data["Name"]]["Versions"], json.loads(answer[2])
    version, version_id = versions.pop(body["VersionId"]), data.get("ClientRequestToken", body.pop("VersionId"))
    if "SecretString" in data or "SecretBinary" in data:
        versions[version_id], body["VersionId"] = version, version_id
    return json_response(body)
@patch(vars(secretsmanager), "_put_secret_value")
def put_secret_value(stock: Any, data: dict) -> tuple:
    """PutSecretValue: AWS labels a first version AWSCURRENT whatever is asked, and moves labels; stock does neither."""
    secret, stages = secretsmanager._resolve(data["SecretId"])[1], data.get("VersionStages", ["AWSCURRENT"])
    if secret and not secretsmanager._find_stage_version(secret, "AWSCURRENT")[0]:
        stages = [*stages, "AWSCURRENT"]
    if (answer := replay(secret, data) or stock({**data, "VersionStages": stages}))[0] != 200:
        return answer
    version_id = json.loads(answer[2])["VersionId"]
    for stage in stages:
        secretsmanager._remove_stage_everywhere(secret, stage, except_version_id=version_id)
        secretsmanager._add_stage(secret, version_id, stage)
    return replay(secret, {**data, "ClientRequestToken": version_id})
@patch(vars(secretsmanager), "_put_resource_policy")
def put_resource_policy(stock: Any, data: dict) -> tuple:
    """PutResourcePolicy: AWS refuses a malformed policy, and with BlockPublicPolicy a public one; stock takes any."""
    problem = validate_policy_document(data["ResourcePolicy"])
    statements = [] if problem else json.loads(data["ResourcePolicy"])["Statement"]
    for statement in [statements] if isinstance(statements, dict) else statements:
        named = statement.get("Principal")  # NotPrincipal, which stock ignores, is refused for want of it
        named = named.get("AWS") if isinstance(named, dict) else named
        problem = problem or (not named and "A statement names no Principal.")
        if data.get("BlockPublicPolicy") and statement["Effect"] == "Allow" and named in ("*", ["*"]) and (
                not statement.get("Condition")):
            return error_response_json("PublicPolicyException", "You can't attach a policy that grants broad access.")
    return error_response_json("MalformedPolicyDocumentException", problem) if problem else stock(data)
@patch(vars(secretsmanager), "_resolve")
def resolve(stock: Any, secret_id: str, **options: Any) -> tuple:
    """A full ARN leads to another account's secret, and then the policies decide; stock looks in the caller's alone."""
    scope = secretsmanager._secret_scope_from_arn(secret_id or "")
    if scope and scope[0].account_id != get_account_id() and scope[0].region == get_region():
        for key, secret in secretsmanager._secrets.items_scoped(scope[0].account_id, scope[0].region):
            if secret["ARN"] == secret_id:
                return key, secret
    return stock(secret_id, **options)
@patch(vars(secretsmanager), "secret_policy_for_arn")
def secret_policy_for_arn(stock: Any, arn: str) -> tuple[str, str] | None:
    """The policy of another account's secret, with its owner; stock finds policies of the caller's account alone."""
    spec = (secretsmanager._secret_scope_from_arn(arn) or [None])[0]
    if not spec or spec.account_id == get_account_id() or not secretsmanager._resolve(arn)[1]:
        return stock(arn)
    return secretsmanager._resource_policies.get_scoped(spec.account_id, spec.region, arn) or "", spec.account_id
@patch(vars(secretsmanager), "_delete_secret")
def delete_secret(stock: Any, data: dict) -> tuple:
    """DeleteSecret: AWS deletes no secret that has replicas; stock schedules them with it."""
    has_replicas = (secretsmanager._resolve(data["SecretId"])[1] or {}).get("ReplicationStatus")
    refusal = f"You can't delete secret {data['SecretId']} that still has replica regions."
    return error_response_json("InvalidParameterException", refusal) if has_replicas else stock(data)
@patch(vars(secretsmanager), "handle_request")
async def handle_request(stock: Any, *request: Any) -> tuple:
    """RemoveRegionsFromReplication, which stock does not know: it deletes the replicas at once."""
    if not request[2].get("x-amz-target", "").endswith(".RemoveRegionsFromReplication"):
        return await stock(*request)
    removed, secret = (data := json.loads(request[3]))["RemoveReplicaRegions"], secretsmanager._resolve(data["SecretId"])[1]
    for region in removed:
        secretsmanager._secrets.pop_scoped(get_account_id(), region, secret["Name"], None)
    secret["ReplicationStatus"] = [told for told in secret["ReplicationStatus"] if told["Region"] not in removed]
    return json_response({"ARN": secret["ARN"], "ReplicationStatus": secret["ReplicationStatus"]})
