"""Organizations: membership, paging, ListChildren, account states, the role in new accounts."""
import json
from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import iam, organizations
from overlay.world import MANAGEMENT, SETTINGS, Any, patch
handlers, refuse = organizations._DISPATCH, error_response_json
@patch(vars(organizations), "handle_request")
async def inside(stock: Any, method: str, path: str, headers: dict, *rest: Any) -> tuple:
    """AWS refuses accounts without an organization and most calls of members; stock gives each an organization."""
    operation, caller = headers.get("x-amz-target", "").rpartition(".")[2], get_account_id()
    management = caller if operation == "CreateOrganization" else MANAGEMENT.get(caller)
    if management is None:
        return refuse("AWSOrganizationsNotInUseException", "The account is in no organization.")
    if management != caller and operation != "DescribeOrganization":
        return refuse("AccessDeniedException", "You don't have permissions to access this resource.")
    with request_scope(management, get_region()):
        return await stock(method, path, headers, *rest)
@patch(vars(organizations), "_public_account")
def public_account(_stock: Any, account: dict) -> dict:
    """Account: AWS has retired Status for State; stock knows only Status, and a Path that AWS does not."""
    state = {"State": account["Status"]}
    old = {"Status": {"CLOSED": "SUSPENDED", "PENDING_ACTIVATION": "ACTIVE"}.get(account["Status"], account["Status"])}
    shown = {name: value for name, value in account.items() if name[0] != "_" and name not in ("Status", "Path")}
    return shown | {"State": state, "Status": old, "both": state | old}[SETTINGS["account_fields"]]
@patch(handlers, "CreateOrganization")
def create_organization(_stock: None, _payload: dict) -> tuple:
    """CreateOrganization: AWS has it; stock has not."""
    if get_account_id() in MANAGEMENT:
        return refuse("AlreadyInOrganizationException", "The account is already in an organization.")
    MANAGEMENT[get_account_id()] = get_account_id()
    return organizations._describe_organization({})
@patch(handlers, "ListChildren")
def list_children(_stock: None, payload: dict) -> tuple:
    """ListChildren: AWS has it; stock has not."""
    kind, parent = payload["ChildType"], payload["ParentId"]
    children = (organizations._accounts if kind == "ACCOUNT" else organizations._ous).items()
    found = [{"Id": name, "Type": kind} for name, child in children if child["_ParentId"] == parent]
    return organizations._json(200, {"Children": found})
@patch(handlers, "CreateAccount")
def create_account(stock: Any, payload: dict) -> tuple:
    """CreateAccount: AWS makes a role in it that the management account may assume; stock makes none."""
    answer, management = stock(payload), get_account_id()
    MANAGEMENT[account := json.loads(answer[2])["CreateAccountStatus"]["AccountId"]] = management
    role, allow = payload.get("RoleName") or "OrganizationAccountAccessRole", '{"Statement": {"Effect": "Allow", %s}}'
    trust = allow % f'"Action": "sts:AssumeRole", "Principal": {{"AWS": "arn:aws:iam::{management}:root"}}'
    with request_scope(account, get_region()):
        iam._create_role({"RoleName": role, "AssumeRolePolicyDocument": trust})
        iam._put_role_policy({"RoleName": role, "PolicyName": "AdministratorAccess",
                              "PolicyDocument": allow % '"Action": "*", "Resource": "*"'})
    return answer
@patch(handlers, "ListRoots", "ListAccounts", "ListAccountsForParent", "ListChildren",
       "ListOrganizationalUnitsForParent")
def paged(handler: Any, payload: dict) -> tuple:
    """ListAccounts etc.: AWS pages by at most 20, may give short or empty pages with a token, and checks the parent."""
    size, token, parent = payload.get("MaxResults", 20), payload.get("NextToken", "0"), payload.get("ParentId")
    if not 1 <= size <= 20:
        return refuse("InvalidInputException", "You specified an invalid value for MaxResults.")
    if parent and parent not in organizations._roots and parent not in organizations._ous:
        return refuse("ParentNotFoundException", f"We can't find a parent with the ParentId {parent}")
    (name, items), = json.loads(handler(payload)[2]).items()
    start, short = int(token.rstrip("e")), SETTINGS["short_pages"]  # "e" marks the token of an empty page
    end = start if short and not token.endswith("e") else start + (size // 3 + 1 if short else size)
    more = {"NextToken": f"{end}e" if end == start else str(end)} if end < len(items) else {}
    return organizations._json(200, {name: items[start:end], **more})
