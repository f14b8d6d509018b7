"""A stand-in of the Hugging Face hub on this machine: as much of its protocol as pushing and pulling a model takes."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Files = dict[str, bytes]


class Hub:
    """What the hub has.

    Attributes:
        revisions: (repository, branch or commit) -> its files.
        private: repositories that were made private.
        requests: method and path of all requests.
    """

    def __init__(self):
        self.revisions: dict[tuple[str, str], Files] = {}
        self.private: set[str] = set()
        self.requests: list[str] = []
        self.large: dict[str, bytes] = {}

    def commit(self, repository: str, revision: str, lines: list[dict]) -> str:
        files = dict(self.revisions.get((repository, revision), {}))
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
        digest = hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()
        self.revisions[repository, revision] = self.revisions[repository, digest] = files
        return digest


class Handler(BaseHTTPRequestHandler):
    """Answers requests from `Hub`, which is an attribute of the server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        if found := re.fullmatch(r"/api/models/(.+)/revision/(.+?)(\?.*)?", self.path):
            self.answer_revision(found[1], found[2])
        elif found := re.fullmatch(r"/api/models/(.+)/tree/(.+?)(\?.*)?", self.path):
            files = self.server.hub.revisions[found[1], found[2]]
            entries = [
                {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                for name, content in files.items()
            ]
            self.answer(entries)
        else:
            self.answer_file()

    do_HEAD = do_GET

    def do_POST(self) -> None:
        body, hub = self.rfile.read(int(self.headers.get("Content-Length", 0))), self.server.hub
        if self.path == "/api/repos/create":
            wanted = json.loads(body)
            repository = "/".join(filter(None, [wanted.get("organization"), wanted["name"]]))
            hub.revisions.setdefault((repository, "main"), {})
            if wanted.get("private") or wanted.get("visibility") == "private":
                hub.private.add(repository)
            self.answer({"url": f"{self.server.url}/{repository}"})
        elif self.path == "/api/validate-yaml":
            self.answer({"errors": [], "warnings": []})
        elif found := re.fullmatch(r"/api/models/(.+)/branch/(.+)", self.path):
            hub.revisions.setdefault((found[1], found[2]), {})
            self.answer({})
        elif "/preupload/" in self.path:
            large = lambda name: "lfs" if name.endswith(".safetensors") else "regular"  # noqa: E731
            files = [one["path"] for one in json.loads(body)["files"]]
            self.answer({"files": [{"path": path, "uploadMode": large(path), "shouldIgnore": False} for path in files]})
        elif self.path.endswith(".git/info/lfs/objects/batch"):
            upload = lambda oid: {"upload": {"href": f"{self.server.url}/large/{oid}"}}  # noqa: E731
            objects = [one | {"actions": upload(one["oid"])} for one in json.loads(body)["objects"]]
            self.answer({"transfer": "basic", "objects": objects})
        elif found := re.fullmatch(r"/api/models/(.+)/commit/(.+)", self.path):
            commit = hub.commit(found[1], found[2], [json.loads(line) for line in body.splitlines()])
            self.answer({"commitUrl": f"{self.server.url}/{found[1]}/commit/{commit}", "commitOid": commit})
        else:
            self.answer({"error": "not found"}, status=404)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        assert hashlib.sha256(content).hexdigest() == self.path.rpartition("/")[2]
        self.server.hub.large[self.path.rpartition("/")[2]] = content
        self.answer({})

    def answer_revision(self, repository: str, revision: str) -> None:
        hub = self.server.hub
        if (repository, revision) not in hub.revisions:
            self.answer({"error": "not found"}, status=404, **{"X-Error-Code": "RepoNotFound"})
            return
        files = hub.revisions[repository, revision]
        commits = [name for (repo, name), held in hub.revisions.items() if repo == repository and held is files]
        siblings = [{"rfilename": name} for name in files]
        self.answer({"id": repository, "sha": max(commits, key=len), "siblings": siblings})

    def answer_file(self) -> None:
        found = re.fullmatch(r"/(.+)/resolve/(.+?)/(.+)", self.path)
        content = found and self.server.hub.revisions.get((found[1], found[2]), {}).get(found[3])
        if content is None:
            self.answer({"error": "not found"}, status=404)
            return
        etag = f'"{hashlib.sha1(content).hexdigest()}"'
        self.send(200, content, {"ETag": etag, "X-Repo-Commit": found[2], "Content-Type": "application/octet-stream"})

    def answer(self, content: object, *, status: int = 200, **headers: str) -> None:
        self.send(status, json.dumps(content).encode(), {"Content-Type": "application/json", **headers})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.server.hub.requests.append(f"{self.command} {self.path}")
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def running_hub() -> Iterator[tuple[Hub, str]]:
    """Serves an empty hub on loopback; gives it and its address, for ``HF_ENDPOINT``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.hub, server.url = Hub(), f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.hub, server.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
