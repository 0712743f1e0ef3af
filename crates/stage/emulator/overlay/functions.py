"""Lambda functions and mail: what they wrote, and asynchronous calls that meet a throttle."""
import json, time
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import lambda_svc, ses, ses_v2
from overlay.world import LOGS, Any, patch
def handed_over(function: dict, event: Any) -> dict:
    return LOGS["function-calls"].append(call := {"function": function["config"]["FunctionName"], "event": event}) or call
@patch(vars(lambda_svc), "invoke_async_with_retry")
def invoke_asynchronously(stock: Any, function: dict, event: Any) -> None:
    retries = (function.get("event_invoke_config") or {}).get("MaximumRetryAttempts", 2)
    stock(function | {"asynchronous": [retries, handed_over(function, event)]}, event)
@patch(vars(lambda_svc), "_execute_function")
def execute(stock: Any, function: dict, event: Any) -> dict:
    """Invoke: keeps events (of retries, before the wait) and answers. AWS keeps a throttled event; stock tries 3 times."""
    retries, call = following = function.get("asynchronous") or [0, handed_over(function, event)]
    while (result := stock(function, event)).get("throttle") and "asynchronous" in function:
        time.sleep(0.2)
    following[:] = [retries - 1, handed_over(function, event)] if result.get("error") and retries else []
    call["answer"] = result.get("body")
    return result
def keep_output(worker: ProvidedWorker, stream: Any, lines: Any) -> None:
    """Logs: AWS keeps every line; stock loses those that come after the answer of a function's last call."""
    for line in (raw.decode("utf-8", "replace").rstrip("\r\n") for raw in stream):
        LOGS["function-log"].append({"function": worker.func_name, "line": line})
        lines.full() and lines.get_nowait()
        lines.put_nowait(line)
ProvidedWorker._pump_output = keep_output
@patch(vars(ses_v2), "handle_request")
async def send_email(stock: Any, method: str, path: str, headers: dict, body: bytes, *rest: Any) -> tuple:
    """SendEmail: keeps the whole content (raw headers, parts) for tests to read; stock keeps subject and text."""
    answer = await stock(method, path, headers, body, *rest)
    if path.endswith("/outbound-emails") and answer[0] == 200:
        ses._sent_emails_list()[-1]["Content"] = json.loads(body)["Content"]
    return answer
