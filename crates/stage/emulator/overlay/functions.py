"""Lambda functions and mail: what they wrote, and asynchronous calls that meet a throttle."""
import contextvars
import json
import time
from collections.abc import Callable
from typing import Any, BinaryIO
from ministack.core.lambda_runtime import ProvidedWorker
from ministack.services import lambda_svc, ses, ses_v2
from overlay.world import FUNCTION_LOG, Answer, patch

asynchronous = contextvars.ContextVar("asynchronous", default=False)

@patch(vars(lambda_svc), "invoke_async_with_retry")
def invoke_asynchronously(stock: Callable, function: dict, event: Any) -> None:
    asynchronous.set(True)
    stock(function, event)

@patch(vars(lambda_svc), "_execute_function")
def execute(stock: Callable, function: dict, event: Any) -> dict:
    """Invoke (Event): AWS keeps a throttled event and tries it again for six hours; stock loses it after three tries."""
    while (result := stock(function, event)).get("throttle") and asynchronous.get():
        time.sleep(0.2)
    return result

class Recorded:
    """A function's output, every line of which is kept: stock loses lines written after the answer of the last call."""
    def __init__(self, stream: BinaryIO, function: str) -> None:
        self.stream, self.function, self.close = stream, function, stream.close

    def readline(self) -> bytes:
        if line := self.stream.readline():
            FUNCTION_LOG.append({"function": self.function, "line": line.decode("utf-8", "replace").rstrip("\r\n")})
        return line

stock_pump = ProvidedWorker._pump_output
ProvidedWorker._pump_output = lambda worker, stream, lines: stock_pump(worker, Recorded(stream, worker.func_name), lines)

@patch(vars(ses_v2), "handle_request")
async def send_email(stock: Callable, method: str, path: str, headers: dict, body: bytes, *rest: Any) -> Answer:
    """SendEmail: keeps the content as it was sent (raw headers, parts); stock keeps subject and text alone."""
    answer = await stock(method, path, headers, body, *rest)
    if path.endswith("/outbound-emails") and answer[0] == 200:
        ses._sent_emails_list()[-1]["Content"] = json.loads(body)["Content"]
    return answer
