"""Starts ministack with the overlay on a free loopback port and prints one line: READY http://127.0.0.1:PORT"""
import asyncio, os, shutil, socket, tempfile, time
async def run(listener: socket.socket, parent: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from overlay import admin, functions, iam, organizations, policy, secretsmanager  # each lays its patches
    async def parent_is_gone() -> None:
        while os.getppid() == parent:
            await asyncio.sleep(0.1)
    config = Config.from_mapping(bind=f"fd://{listener.fileno()}", loglevel="ERROR", graceful_timeout=0.5, keep_alive_timeout=75)
    print(f"READY http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await serve(admin.application, config, shutdown_trigger=parent_is_gone)
def main() -> None:  # the first process only watches, so that its being killed outright leaves the second to clean up
    parent, watcher = os.getppid(), os.getpid()
    if child := os.fork():
        while os.getppid() == parent and os.waitpid(child, os.WNOHANG) == (0, 0):
            time.sleep(0.1)
        return
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    folder = tempfile.tempdir = tempfile.mkdtemp(prefix="keywheel-stage-")  # ministack unpacks functions in it
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # the caller's credentials would be root's here
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ.update(AUTH="true", TMPDIR=folder, GATEWAY_PORT=str(listener.getsockname()[1]), IOT_MTLS_ENABLED="0")
    try:
        asyncio.run(run(listener, watcher))
    finally:
        from ministack.core import lambda_runtime
        lambda_runtime.reset()  # ends the functions' processes
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)  # calls that still wait in threads must not keep the process
main()
