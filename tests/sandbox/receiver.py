"""A webhook endpoint of the standard library, which checks each signature."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import stripe


class Receiver:
    """Keeps the events it verified; answers with `status`.

    Attributes:
        status: What it answers; change it to make deliveries fail.
        gate: Set by default; clear it to keep senders waiting.
    """

    secret = "whsec_receiver"

    def __init__(self):
        self.status = 200
        self.location = None
        self.events = []
        self.requests = []
        self.gate = threading.Event()
        self.gate.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                receiver.take(self)

            def log_message(self, *args):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def take(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        stripe.WebhookSignature.verify_header(
            body.decode(), request.headers["Stripe-Signature"], self.secret, None
        )
        self.requests.append((request.path, dict(request.headers), body))
        self.gate.wait(10)
        self.events.append((request.path, json.loads(body)))
        request.send_response(self.status)
        if self.location:
            request.send_header("Location", self.location)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    def types(self, path=None):
        return [e["type"] for p, e in self.events if path in {None, p}]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
