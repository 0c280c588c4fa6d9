"""An engine as commands meet it: a control socket that gives fixed answers."""

import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LONGEST = 30.0  # seconds


@contextmanager
def control_socket(path: Path, answers: Mapping[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """Answer each request by what it asks to do; give the requests that came."""
    asked: list[dict[str, Any]] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline()
            if not line:  # somebody only looked whether anybody listens
                return
            request = json.loads(line)
            asked.append(request)
            answer = answers.get(request["do"], {"ok": False, "error": f"cannot {request['do']}"})
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join(LONGEST)
    path.unlink(missing_ok=True)
