"""Lambda functions and mail: what they wrote, and asynchronous calls that meet a throttle."""
import json, time
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import lambda_svc, ses, ses_v2
from overlay.world import LOGS, Any, patch
@patch(vars(lambda_svc), "invoke_async_with_retry")
def invoke_asynchronously(stock: Any, function: dict, event: Any) -> None:
    stock(function | {"asynchronous": True}, event)
@patch(vars(lambda_svc), "_execute_function")
def execute(stock: Any, function: dict, event: Any) -> dict:
    """Invoke: keeps events and answers for tests to read. AWS keeps a throttled event; stock loses it after 3 tries."""
    LOGS["function-calls"].append(call := {"function": function["config"]["FunctionName"], "event": event})
    while (result := stock(function, event)).get("throttle") and function.get("asynchronous"):
        time.sleep(0.2)
    call["answer"] = result.get("body")
    return result
def keep_output(worker: ProvidedWorker, stream: Any, lines: Any) -> None:
    """Logs: AWS keeps every line; stock loses those that come after the answer of a function's last call."""
    for line in (raw.decode("utf-8", "replace").rstrip("\r\n") for raw in stream):
        LOGS["function-log"].append({"function": worker.func_name, "line": line})
        if lines.full():
            lines.get_nowait()
        lines.put_nowait(line)
ProvidedWorker._pump_output = keep_output
@patch(vars(ses_v2), "handle_request")
async def send_email(stock: Any, method: str, path: str, headers: dict, body: bytes, *rest: Any) -> tuple:
    """SendEmail: keeps the whole content (raw headers, parts) for tests to read; stock keeps subject and text."""
    answer = await stock(method, path, headers, body, *rest)
    if path.endswith("/outbound-emails") and answer[0] == 200:
        ses._sent_emails_list()[-1]["Content"] = json.loads(body)["Content"]
    return answer
