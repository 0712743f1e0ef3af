"""Policy evaluation: condition keys, policy variables, NotPrincipal."""
import dataclasses
import json
import re
from collections.abc import Callable
from typing import Any
from ministack.core import iam_evaluator
from ministack.services import iam, organizations
from overlay.world import MANAGEMENT, patch

evaluator = vars(iam_evaluator)
# Keys that AWS sets on every request of a user or role over TLS, for which the stage's plain loopback HTTP stands in.
ALWAYS = {"aws:principalisawsservice": "false", "aws:viaawsservice": "false", "aws:securetransport": "true"}

def role_arn(principal_arn: str) -> str:
    """The ARN of the role behind a session, path included; any other ARN as it is."""
    if ":assumed-role/" not in principal_arn:
        return principal_arn
    account, name = principal_arn.split(":")[4], principal_arn.split("/")[1]
    return iam._roles.get_scoped(account, None, name, {}).get("Arn", f"arn:aws:iam::{account}:role/{name}")

@patch(evaluator, "_resolve_condition_key")
def condition_key(stock: Callable, key: str, context: Any) -> Any:
    """aws:PrincipalArn is the role's ARN on AWS, the session's on stock; the keys in ALWAYS are missing on stock."""
    if key.lower() == "aws:principalarn":
        return role_arn(context.principal_arn)
    return ALWAYS.get(key.lower()) or stock(key, context)

@patch(evaluator, "_principal_org_id")
def principal_org_id(_stock: Callable, account: str) -> str | None:
    """aws:PrincipalOrgID: AWS sets it for every member; stock for the management account alone."""
    organization = organizations._orgs.get_scoped(MANAGEMENT.get(account), None, "self")
    return organization and organization["Id"]

def expand(value: Any, context: Any) -> Any:
    """AWS expands ${aws:username} and the like; what has no value stays as it is and so matches nothing."""
    def variable(match: re.Match) -> str:
        name, _, default = match[1].partition(",")
        found = name if name in ("*", "?", "$") else iam_evaluator._resolve_condition_key(name.strip(), context)
        return str(found) if found is not None else default.strip(" '") if default else match[0]
    if isinstance(value, dict):
        return {key: expand(inner, context) for key, inner in value.items()}
    if isinstance(value, list):
        return [expand(inner, context) for inner in value]
    return re.sub(r"\$\{([^}]+)\}", variable, value) if isinstance(value, str) else value

@patch(evaluator, "_conditions_met")
def conditions_met(stock: Callable, conditions: dict, context: Any) -> bool:
    """Policy variables in Condition values: AWS expands them; stock compares them as text."""
    return stock(expand(conditions, context), context)

@patch(evaluator, "_first_match")
def first_match(stock: Callable, context: Any, statements: list, effect: str) -> Any:
    """Policy variables in Resource and NotResource: AWS expands them; stock compares them as text."""
    return stock(context, [dataclasses.replace(statement, resources=expand(statement.resources, context),
                                               not_resources=expand(statement.not_resources, context))
                           for statement in statements], effect)

@patch(evaluator, "evaluate_resource_policy")
def resource_policy(stock: Callable, document: Any, context: Any, *rest: Any, **options: Any) -> Any:
    """NotPrincipal: AWS exempts a caller only if account, role and session are all named; stock ignores the statement."""
    document = json.loads(document or "{}") if isinstance(document, str) else document or {}
    arn = context.principal_arn
    caller = {f"arn:aws:iam::{context.principal_account}:root", role_arn(arn), arn}
    def concerned(statement: dict) -> dict:
        named = statement.get("NotPrincipal", {})
        named = named.get("AWS", []) if isinstance(named, dict) else named
        exempt = "NotPrincipal" not in statement or caller <= set([named] if isinstance(named, str) else named)
        return statement if exempt else {**statement, "Principal": "*"}
    statements = document.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    return stock({"Statement": list(map(concerned, statements))}, context, *rest, **options)
