"""IAM: quota, last use, paging, missing entities, credential report, ARNs."""
import json, re, xml.etree.ElementTree as ElementTree
from types import FunctionType
from ministack.core import iam_actions, iam_evaluator, sigv4
from ministack.services import iam, sts
from overlay.world import CREDENTIALS, LAST_USED, SETTINGS, Any, patch
ElementTree.register_namespace("", NAMESPACE := "https://iam.amazonaws.com/doc/2010-05-08/")
LISTS = {"ListUsers": "Users", "GetGroup": "Users", "ListAccessKeys": "AccessKeyMetadata",
         "GetAccountAuthorizationDetails": "UserDetailList"}
handlers, parameter, keys = iam._IAM_HANDLERS, iam._p, iam._access_keys
def keys_of(user: str) -> list[dict]:
    return sorted((key for key in keys.values() if key["UserName"] == user), key=lambda key: key["CreateDate"])
@patch(handlers, "CreateAccessKey")
def create_access_key(stock: Any, params: dict) -> tuple:
    """CreateAccessKey: AWS allows two keys per user, active or not; stock any number."""
    if len(keys_of(user := parameter(params, "UserName"))) >= 2:
        return iam._error(409, "LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    answer = stock(params)
    CREDENTIALS.update({key["AccessKeyId"]: key | {"AccountId": iam.get_account_id()} for key in keys_of(user)})
    return answer
@patch(vars(sts), "register_session")
def register_session(stock: Any, key_id: str, session: dict) -> None:
    """Remembers what STS issues, so that tests can search for leaks; stock forgets expired sessions."""
    CREDENTIALS[key_id] = {"AccountId": session["Arn"].split(":")[4], "AccessKeyId": key_id, **session}
    stock(key_id, session)
@patch(handlers, "ListAccessKeys", "DeleteAccessKey")
def own_keys(stock: Any, params: dict) -> tuple:
    """NoSuchEntity: AWS answers it for an unknown user and a key of another's; stock lists nothing, deletes the key."""
    user, key_id = parameter(params, "UserName"), parameter(params, "AccessKeyId")
    what = f"Access Key with id {key_id}" if key_id else f"user with name {user}"
    known = keys.get(key_id, {}).get("UserName") == user if key_id else user in iam._users
    return stock(params) if known else iam._error(404, "NoSuchEntity", f"The {what} cannot be found.")
@patch(handlers, "GetAccessKeyLastUsed")
def get_access_key_last_used(_stock: Any, params: dict) -> tuple:
    """GetAccessKeyLastUsed: AWS tells the last use and denies access to an unknown key; stock tracks nothing."""
    if (key := keys.get(parameter(params, "AccessKeyId"))) is None:
        return iam._error(403, "AccessDenied", "User is not authorized to perform: iam:GetAccessKeyLastUsed")
    fields = {"Region": "N/A", "ServiceName": "N/A"} | LAST_USED.get(key["AccessKeyId"], {})
    used = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items() if value)
    return iam._xml(200, "GetAccessKeyLastUsedResponse", f"<GetAccessKeyLastUsedResult><UserName>{key['UserName']}"
                    f"</UserName><AccessKeyLastUsed>{used}</AccessKeyLastUsed></GetAccessKeyLastUsedResult>")
@patch(vars(iam_evaluator), "authenticate")
def authenticate(stock: Any, key_id: str, account: str) -> object:
    """AWS records date, region and service of each request that a user's key signs; stock records nothing."""
    request, result = iam_evaluator._signed_request.get(), stock(key_id, account)
    if key_id.startswith("AKIA") and isinstance(result, iam_evaluator.ResolvedCredential) and not request.presigned:
        signed = sigv4.parse_header_signature(request.headers)
        LAST_USED[key_id] = {"LastUsedDate": iam._now(), "Region": signed.region, "ServiceName": signed.service}
    return result
def only(handler: Any, **tables: dict) -> Any:  # stock's function with these in the place of its module's tables
    return FunctionType(handler.__code__, {**vars(iam), **tables})
@patch(handlers, *LISTS)
def paged(handler: Any, params: dict) -> tuple:
    """ListUsers etc.: AWS pages (100, at most 1,000) and lists users without their tags; stock does neither."""
    asked, start = int(parameter(params, "MaxItems") or 100), int(parameter(params, "Marker") or 0)
    if not 1 <= asked <= 1000:
        return iam._error(400, "ValidationError", f"Value '{asked}' at 'maxItems' failed to satisfy constraint")
    end, many = start + (asked // 3 + 1 if SETTINGS["short_pages"] else asked), 0
    if parameter(params, "Action") in ("ListUsers", "GetAccountAuthorizationDetails"):  # thousands: not all for each page
        many, listed = len(iam._users), list(iam._users.items())[start:end]
        handler = only(handler, _users=dict(listed))
    status, headers, body = handler(params)
    if status != 200:
        return status, headers, body
    document, name = ElementTree.fromstring(body), LISTS[parameter(params, "Action")]
    members = document.find(f".//{{{NAMESPACE}}}{name}")
    if end < (many or len(members)):
        document.find(f".//{{{NAMESPACE}}}IsTruncated").text = "true"
        ElementTree.SubElement(document[0], f"{{{NAMESPACE}}}Marker").text = str(end)
    members[:] = members if many else members[start:end]
    for member in members if name == "Users" else []:
        member[:] = [field for field in member if not field.tag.endswith("}Tags")]
    return status, headers, ElementTree.tostring(document, encoding="utf-8")
@patch(vars(iam), "_build_credential_report")
def credential_report(stock: Any) -> str:
    """GetCredentialReport: AWS fills in the last use of each key and writes dates with +00:00; stock has N/A and Z."""
    rows, of_user = [line.split(",") for line in only(stock, _access_keys={})().split("\n")], {}
    for key in sorted(keys.values(), key=lambda key: key["CreateDate"]):  # stock looks through all keys for each user
        of_user.setdefault(key["UserName"], []).append(key)
    for row in rows[2:]:
        for start, key in zip((8, 13), of_user.get(row[0], [])):
            used = LAST_USED.get(key["AccessKeyId"], {})
            row[start:start + 2] = ["true" if key["Status"] == "Active" else "false", key["CreateDate"]]
            row[start + 2:start + 5] = [used.get(name) or "N/A" for name in ("LastUsedDate", "Region", "ServiceName")]
    return re.sub(r"(:\d\d)Z", r"\1+00:00", "\n".join(",".join(row) for row in rows))
@patch(vars(iam_actions), "extract_resource_arn")
def resource_arn(stock: Any, service: str, *rest: object) -> str:
    """AWS authorises calls on the ARN of an entity with its path, a key's user, a mail's sender; stock does not."""
    kind, _, name = (arn := stock(service, *rest)).rpartition(":")[2].partition("/")
    if service == "iam" and arn == "*" and (key := keys.get(parameter(rest[4], "AccessKeyId"))):
        kind, name = "user", key["UserName"]
    if service == "ses" and rest[1].endswith("/outbound-emails"):
        return f"arn:aws:ses:{rest[5]}:{rest[6]}:identity/{json.loads(rest[3]).get('FromEmailAddress')}"
    table = {"user": iam._users, "role": iam._roles, "group": iam._groups}.get(kind, {}) if service == "iam" else {}
    return table[name]["Arn"] if name in table else arn
