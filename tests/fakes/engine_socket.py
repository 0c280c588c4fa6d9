"""An engine as supervision sees it: a control socket that answers with what the test says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any


class FakeEngine:
    """Answers `status` and `metrics`; with `deaf` it takes requests and never answers."""

    def __init__(self, name: str, version: str) -> None:
        self.deaf = False
        self.asked: list[str] = []
        self.figures = "# TYPE ivr_lead_state gauge\nivr_lead_state 1\n"
        self.status: dict[str, Any] = {
            "ok": True,
            "engine": name,
            "lead": "leading",
            "link": "attached",
            "version": version,
            "calls": {},
            "alarms": [],
        }
        self._open: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def serving(self, control: Path) -> AsyncIterator["FakeEngine"]:
        """Listen beside the control socket of an instance until the end of the block."""
        control.parent.mkdir(parents=True, exist_ok=True)
        path = control.with_name(f"{control.stem}-{self.status['engine']}{control.suffix}")
        server = await asyncio.start_unix_server(self._client, str(path))
        try:
            yield self
        finally:
            server.close()
            for writer in self._open:
                writer.close()
            path.unlink(missing_ok=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        what = json.loads(await reader.readline())["do"]
        self.asked.append(what)
        if self.deaf:
            return
        answer = self.status if what == "status" else {"ok": True, "text": self.figures}
        writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()
