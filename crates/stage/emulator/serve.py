"""Starts ministack with the overlay on a free loopback port and prints one line: READY http://127.0.0.1:PORT"""
import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time

def wait_for_end(parent: int, child: int) -> None:
    """The first process only watches, so that even its being killed outright leaves the second one to clean up."""
    while os.getppid() == parent and os.waitpid(child, os.WNOHANG) == (0, 0):
        time.sleep(0.1)

def stop_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)

def configure(port: int, folder: str) -> None:
    """Before ministack is imported, as it reads its environment then. Credentials of the caller's must not leak in."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {"AUTH": "true", "GATEWAY_PORT": str(port), "TMPDIR": folder, "IOT_MTLS_ENABLED": "0",
                   "SFTP_ENABLED": "0", "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR")}

async def run(listener: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from overlay import admin, functions, iam, organizations, policy, secretsmanager  # each lays its patches
    config, stop = Config(), asyncio.Event()
    config.bind, config.loglevel, config.keep_alive_timeout = [f"fd://{listener.fileno()}"], "ERROR", 75
    config.graceful_timeout = 0.5
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    print(f"READY http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await serve(admin.application, config, shutdown_trigger=stop.wait)

def main() -> None:
    parent = os.getppid()
    if child := os.fork():
        return wait_for_end(parent, child)
    threading.Thread(target=stop_with, args=(os.getppid(),), daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    folder = tempfile.mkdtemp(prefix="keywheel-stage-")
    configure(listener.getsockname()[1], folder)
    try:
        asyncio.run(run(listener))
    finally:
        if "ministack.core.lambda_runtime" in sys.modules:
            sys.modules["ministack.core.lambda_runtime"].reset()  # ends the functions' processes
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # threads of calls that still wait must not keep the process

main()
