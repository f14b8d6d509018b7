"""A server with OpenAI's interface for chat models that answers as a test wants it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ChatServer(ThreadingHTTPServer):
    """Answers as ``behave`` says, which gets a request and how many there were: (status, answer), or None to break off.

    Attributes:
        url: what clients are given.
        requests: all requests, with ``path`` and ``authorization``.
        most_open: requests that were under way at once.
    """

    daemon_threads = True

    def __init__(self, behave):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave, self.requests, self.open, self.most_open = behave, [], 0, 0
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, *args):
        """A client that was killed is no error of the server."""


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        server = self.server
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request["path"], request["authorization"] = self.path, self.headers["Authorization"]
        with server.lock:
            server.requests.append(request)
            server.open += 1
            server.most_open = max(server.most_open, server.open)
            behaviour = server.behave(request, len(server.requests))
        time.sleep(0.02)
        with server.lock:
            server.open -= 1
        if behaviour is None:
            self.connection.close()
            return
        status, answer = behaviour
        message = {"role": "assistant", "content": answer}
        body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m"}
        body["choices"] = [{"index": 0, "finish_reason": "stop", "message": message}]
        content = json.dumps(body if status == 200 else {"error": {"message": answer}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status in (429, 503):
            self.send_header("Retry-After", "0.01")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@contextmanager
def chat_servers() -> Iterator[Callable[..., ChatServer]]:
    """Starts servers, and stops them at the end."""
    servers = []

    def start(behave) -> ChatServer:
        servers.append(ChatServer(behave))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
