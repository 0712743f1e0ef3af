"""Policy evaluation: condition keys and policy variables."""
import dataclasses, json, re
from ministack.core import iam_evaluator
from ministack.services import iam, organizations
from overlay.world import MANAGEMENT, Any, patch
# Keys that AWS sets on every request of a user or role over TLS, for which the stage's loopback HTTP stands in.
ALWAYS = {"aws:principalisawsservice": "false", "aws:viaawsservice": "false", "aws:securetransport": "true"}
@patch(vars(iam_evaluator), "_resolve_condition_key")
def condition_key(stock: Any, key: str, context: Any) -> Any:
    """aws:PrincipalArn of a session is its role's ARN, with the path, on AWS; stock has its own, and no other."""
    if key.lower() == "aws:principalarn" and ":assumed-role/" in context.principal_arn:
        account, name = context.principal_arn.split(":")[4], context.principal_arn.split("/")[1]
        return iam._roles.get_scoped(account, None, name, {}).get("Arn", f"arn:aws:iam::{account}:role/{name}")
    owner = iam_evaluator._account_from_arn(context.resource_arn) or context.principal_account
    of_resource = {"aws:resourceorgid": iam_evaluator._principal_org_id(owner),
                   "ses:fromaddress": context.resource_arn.partition(":identity/")[2],
                   # Of a bucket of another account S3 asks the policy a second time, as if the caller's root had called.
                   "aws:username": (iam_evaluator.caller_arn() or "").partition(":user/")[2].rpartition("/")[2]}
    return (ALWAYS | of_resource).get(key.lower()) or stock(key, context)
@patch(vars(iam_evaluator), "_principal_org_id")
def principal_org_id(_stock: Any, account: str) -> str | None:
    """aws:PrincipalOrgID: AWS sets it for every member; stock for the management account alone."""
    return organizations._orgs.get_scoped(MANAGEMENT.get(account), None, "self", {}).get("Id")
def expand(value: Any, context: Any) -> Any:
    """${aws:username} and the like; one that has no value stays as it is and so matches nothing."""
    def variable(match: re.Match) -> str:
        found = match[1] if match[1] in "*?$" else iam_evaluator._resolve_condition_key(match[1], context)
        return match[0] if found is None else json.dumps(str(found))[1:-1]
    return json.loads(re.sub(r"\$\{([^}]+)\}", variable, json.dumps(value)))
@patch(vars(iam_evaluator), "_first_match")
def first_match(stock: Any, context: Any, statements: list, effect: str) -> Any:
    """Policy variables in Resource, NotResource and Condition: AWS expands them; stock compares them as text."""
    for one in (statements := list(map(dataclasses.replace, statements))):
        one.resources, one.not_resources = expand(one.resources, context), expand(one.not_resources, context)
        one.conditions = expand(one.conditions, context)
    return stock(context, statements, effect)
