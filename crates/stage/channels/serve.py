"""Mail servers for the test of the channels: SMTP with TLS and a login, and an HTTPS server that takes Mailgun's form.

Prints one line of JSON with where everything is, and ends with its standard input. The recipient's name says what becomes of a mail;
once the servers are healed, every mail is taken.
"""
import asyncio, base64, email, email.policy, json, os, ssl, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from aiosmtpd.smtp import SMTP, AuthResult
import trustme

STATE = {"username": "keywheel", "password": "", "api_key": "", "healed": False, "mails": [], "forms": [], "tries": {}}


def tries(name: str) -> int:
    STATE["tries"][name] = STATE["tries"].get(name, 0) + 1
    return STATE["tries"][name]


def fate(address: str) -> str:
    return "taken" if STATE["healed"] else address.partition("@")[0]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        name, count = fate(address), tries("smtp " + address)
        if name == "refused":
            return "550 5.1.1 no such mailbox: " + address
        if name == "relay":
            return "554 5.7.1 relay access denied"
        if name == "later" or name == "busy" and count == 1:
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        name, tls = fate(envelope.rcpt_tos[0]), server.transport.get_extra_info("ssl_object").version()
        if name == "lost":  # taken, and the answer never arrives
            server.transport.abort()
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        STATE["mails"].append({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": tls,
            "login": session.auth_data,
            "headers": {name.lower(): value for name, value in message.items()},
            "text": message.get_body(("plain",)).get_content(), "html": message.get_body(("html",)).get_content()})
        return "250 OK"


def authenticate(server, session, envelope, mechanism, login):
    good = (login.login, login.password) == (STATE["username"].encode(), STATE["password"].encode())
    has_tls = server.transport.get_extra_info("ssl_object") is not None
    tries("login without TLS" if not has_tls else "login good" if good else "login bad")
    return AuthResult(success=good, auth_data=login.login.decode(), handled=good)


class Plain(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Control(Plain):
    def do_GET(self):
        self.answer(200, STATE)

    def do_POST(self):
        STATE.update(json.loads(self.body()))
        self.answer(200, {})


class Mailgun(Plain):
    def do_POST(self):
        head = "Content-Type: " + self.headers["Content-Type"] + "\r\nMIME-Version: 1.0\r\n\r\n"
        form = email.message_from_bytes(head.encode() + self.body(), policy=email.policy.HTTP)
        if self.headers["Authorization"] != "Basic " + base64.b64encode(f"api:{STATE['api_key']}".encode()).decode():
            tries("key bad")
            return self.answer(401, {"message": "Forbidden"})
        if form.get_content_type() != "multipart/form-data" or self.path != "/v3/mg.example.com/messages":
            return self.answer(404, {"message": "no such domain"})
        fields = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
                  for part in form.iter_parts()}
        missing = [name for name in ("from", "to", "subject", "text", "html") if not fields.get(name)]
        name = fate(fields.get("to", ""))
        if missing or name == "refused":
            return self.answer(400, {"message": f"to parameter is not a valid address: {fields.get('to')}; missing {missing}"})
        if name == "sender":
            return self.answer(400, {"message": "from parameter is not a valid address"})
        count = tries("mailgun " + fields["to"])
        if name == "later" or name == "busy" and count == 1:
            return self.answer(429, {"message": "Too many requests"})
        if name == "broken":
            return self.answer(500, {"message": "Internal Server Error"})
        if name == "silent":
            threading.Event().wait(3600)
        STATE["forms"].append(fields)
        self.answer(200, {"id": f"<{len(STATE['forms'])}@mg.example.com>", "message": "Queued. Thank you."})


def http(handler, context=None) -> int:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


async def smtp(context: ssl.SSLContext | None = None, **options) -> int:
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(Handler(), hostname="localhost", authenticator=authenticate, auth_required=True, **options),
        "127.0.0.1", 0, ssl=context)
    return server.sockets[0].getsockname()[1]


def context_of(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


async def main() -> None:
    trusted, file = trustme.CA(), os.path.join(sys.argv[1], "authority.pem")
    trusted.cert_pem.write_to_path(file)
    context, stranger = context_of(trusted), context_of(trustme.CA())
    print(json.dumps({
        "control": f"http://127.0.0.1:{http(Control)}", "mailgun": f"https://localhost:{http(Mailgun, context)}", "authority": file,
        "implicit": await smtp(context, auth_require_tls=False), "starttls": await smtp(tls_context=context, require_starttls=True),
        "plain": await smtp(auth_require_tls=False), "stranger": await smtp(stranger, auth_require_tls=False)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)


asyncio.run(main())
