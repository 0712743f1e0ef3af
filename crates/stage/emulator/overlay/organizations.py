"""Organizations: membership, paging, ListChildren, account states, the role in new accounts."""
import json
from collections.abc import Callable
from typing import Any
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import iam, organizations
from overlay.world import MANAGEMENT, SETTINGS, Answer, patch

handlers = organizations._DISPATCH
PAGED = ("ListRoots", "ListAccounts", "ListAccountsForParent", "ListChildren", "ListOrganizationalUnitsForParent")
OLD_STATUS = {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}  # states that the retired Status cannot name

def refuse(code: str, message: str) -> Answer:
    return error_response_json(code, message, 400)

@patch(vars(organizations), "_public_account")
def public_account(_stock: Callable, account: dict) -> dict:
    """Account: AWS retired Status for State and gives Paths; stock knows Status and Path."""
    shown = {name: account[name] for name in ("Id", "Arn", "Email", "Name", "JoinedMethod", "JoinedTimestamp")}
    steps, parent = [], account["_ParentId"]
    while parent:
        steps, parent = [parent, *steps], (organizations._ous.get(parent) or {}).get("_ParentId")
    shown["Paths"] = ["/".join([organizations._orgs["self"]["Id"], *steps]) + "/"]
    state, fields = account["Status"], SETTINGS["account_fields"]
    return shown | ({"State": state} if fields != "Status" else {}) | (
        {"Status": OLD_STATUS.get(state, state)} if fields != "State" else {})

@patch(handlers, "CreateOrganization")
def create_organization(_stock: None, _payload: dict) -> Answer:
    """CreateOrganization: AWS has it; stock makes an organization of its own for every account that asks."""
    if get_account_id() in MANAGEMENT:
        return refuse("AlreadyInOrganizationException", "The account is already a member of an organization.")
    MANAGEMENT[get_account_id()] = get_account_id()
    return organizations._describe_organization({})

@patch(handlers, "ListChildren")
def list_children(_stock: None, payload: dict) -> Answer:
    """ListChildren: AWS has it; stock has not."""
    kind = payload.get("ChildType")
    table = {"ACCOUNT": organizations._accounts, "ORGANIZATIONAL_UNIT": organizations._ous}.get(kind)
    if table is None:
        return refuse("InvalidInputException", "ChildType must be ACCOUNT or ORGANIZATIONAL_UNIT")
    return organizations._json(200, {"Children": [{"Id": name, "Type": kind} for name, child in table.items()
                                                  if child["_ParentId"] == payload.get("ParentId")]})

def give_id(account: dict, new_id: str) -> None:
    """Lets a test choose the ids of the accounts it makes."""
    organizations._accounts[new_id] = organizations._accounts.pop(account["AccountId"])
    old_arn = organizations._accounts[new_id]["Arn"]
    organizations._accounts[new_id] |= {"Id": new_id, "Arn": old_arn.rpartition("/")[0] + f"/{new_id}"}
    account["AccountId"] = organizations._create_statuses[account["Id"]]["AccountId"] = new_id

@patch(handlers, "CreateAccount")
def create_account(stock: Callable, payload: dict) -> Answer:
    """CreateAccount: AWS makes a role in the new account that the management account may assume; stock makes none."""
    answer, role, management = stock(payload), payload.get("RoleName") or "OrganizationAccountAccessRole", get_account_id()
    if not (account := json.loads(answer[2]).get("CreateAccountStatus")):
        return answer
    if SETTINGS["next_account_ids"]:
        give_id(account, SETTINGS["next_account_ids"].pop(0))
    MANAGEMENT[account["AccountId"]] = management
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{management}:root"}}
    document = lambda content: json.dumps({"Version": "2012-10-17", "Statement": [content]})
    with request_scope(account["AccountId"], get_region()):
        iam._create_role({"RoleName": role, "AssumeRolePolicyDocument": document(trust)})
        iam._put_role_policy({"RoleName": role, "PolicyName": "AdministratorAccess", "PolicyDocument": document(statement)})
    return organizations._json(200, {"CreateAccountStatus": account})

@patch(handlers, *PAGED)
def paged(handler: Callable, payload: dict) -> Answer:
    """ListAccounts etc.: AWS pages by at most 20, may give short or empty pages with a token, and knows the parents."""
    size, token, parent = payload.get("MaxResults", 20), payload.get("NextToken", "0"), payload.get("ParentId")
    if not 1 <= size <= 20 or not token.rstrip("e").isdigit():
        return refuse("InvalidInputException", "You specified an invalid value for MaxResults or NextToken.")
    if parent and parent not in organizations._roots and parent not in organizations._ous:
        return refuse("ParentNotFoundException", f"We can't find a root or OU with the ParentId {parent}")
    status, headers, body = handler(payload)
    (name, items), = json.loads(body).items()
    short, start = SETTINGS["short_pages"], int(token.rstrip("e"))
    end = start if short and not token.endswith("e") else start + (size // 3 + 1 if short else size)
    token = {} if end >= len(items) else {"NextToken": str(end) + "e" * (end == start)}
    return organizations._json(200, {name: items[start:end], **token})

@patch(vars(organizations), "handle_request")
async def inside(stock: Callable, method: str, path: str, headers: dict, *rest: Any) -> Answer:
    """AWS answers the management account, delegated administrators that read, and else nobody; stock everybody."""
    operation, caller = headers.get("x-amz-target", "").rpartition(".")[2], get_account_id()
    management = MANAGEMENT.get(caller)
    if management is None and operation != "CreateOrganization":
        return refuse("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    reading = caller in SETTINGS["delegated_administrators"] and operation.startswith(("List", "Describe"))
    if not reading and operation not in ("CreateOrganization", "DescribeOrganization") and management != caller:
        return refuse("AccessDeniedException", "You don't have permissions to access this resource.")
    with request_scope(management or caller, get_region()):
        return await stock(method, path, headers, *rest)
