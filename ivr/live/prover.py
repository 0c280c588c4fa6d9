"""The engine's end of `ivr.live.proving`: the process beside the engine that checks, proves and renders rules.

Rule 1: it is started when it is first needed and kept, so that a reload does not wait for imports. It ends with us.
Rule 2: it has a time limit. At the limit it is killed, and the answer is a problem.
"""

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from ivr.children import ends_with_us
from ivr.live.proving import LENGTH, Errand, bare, packed, unpacked
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import Problem
from ivr.rulebook.reload import Checked, Task
from ivr.vocabulary import RulesVersion

LONGEST = 120.0  # seconds
MOST_MEMORY = 2 << 30  # bytes
COMMAND = (sys.executable, "-c", "import sys; from ivr.live.proving import main; sys.exit(main())")

logger = logging.getLogger(__name__)


class Prover:
    """Does tasks in another process, one at a time. `server` is the PBX's SIP address as `host:port`."""

    def __init__(
        self,
        prompts: Path,
        server: str,
        *,
        command: tuple[str, ...] = COMMAND,
        longest: float = LONGEST,
        memory: int = MOST_MEMORY,
    ) -> None:
        self._prompts = prompts
        self._server = server
        self._command = command
        self._longest = longest
        self._memory = memory
        self._process: asyncio.subprocess.Process | None = None
        self._pickles: dict[RulesVersion, bytes] = {}

    async def check(self, task: Task) -> Checked:
        """Do a task; what goes wrong with the process itself is a problem of the answer."""
        # In a thread, because the rules of a thousand services are seconds of work; the loop goes on between its steps.
        message = await asyncio.to_thread(lambda: packed(self._errand(task)))
        try:
            async with asyncio.timeout(self._longest):
                answer = await self._asked(message)
        except TimeoutError:
            await self.close()
            return _failed(task, f"checking the rules took longer than {self._longest:g} s and was ended")
        except (OSError, asyncio.IncompleteReadError):
            await self.close()
            return _failed(task, "checking the rules ended without an answer; it may have run out of memory")
        except BaseException:  # cancelled: an answer that nobody reads would be taken for the next one's
            await self.close()
            raise
        return await asyncio.to_thread(self._checked, answer)

    async def close(self) -> None:
        """End the process, and what it does, at once."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    def _errand(self, task: Task) -> Errand:
        rulesets = (task.current, *task.kept)
        self._pickles = {rules.version: self._pickle(rules) for rules in rulesets}
        return Errand(
            path=task.path,
            years=task.years,
            rulesets=tuple(self._pickles[rules.version] for rules in rulesets),
            overrides=dict(task.overrides),
            release=frozenset(task.release),
            at=task.at,
            prompts=self._prompts,
            server=self._server,
            memory=self._memory,
        )

    def _pickle(self, rules: Ruleset) -> bytes:
        known = self._pickles.get(rules.version)
        return known if known is not None else packed(bare(rules))

    async def _asked(self, message: bytes) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._started()
        if process.stdin is None or process.stdout is None:
            raise BrokenPipeError
        process.stdin.write(len(message).to_bytes(LENGTH) + message)
        await process.stdin.drain()
        head = await process.stdout.readexactly(LENGTH)
        return await process.stdout.readexactly(int.from_bytes(head))

    async def _started(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            preexec_fn=ends_with_us(signal.SIGKILL),
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # a process with threads cannot be forked safely
        )

    def _checked(self, answer: bytes) -> Checked:
        found = unpacked(answer)
        match found:
            case (bytes() | None as data, tuple() as problems, tuple() as files, dict() as generated):
                rules = unpacked(data) if data is not None else None
                if isinstance(rules, Ruleset) and data is not None:
                    self._pickles[rules.version] = data
                return Checked(rules if isinstance(rules, Ruleset) else None, problems, files, generated)
            case _:
                message = f"the process that checks rules answered {type(found).__name__}"
                raise TypeError(message)


def _failed(task: Task, message: str) -> Checked:
    hint = "the rules in use stay; undo the last change, or make the file smaller"
    return Checked(None, (Problem(str(task.path or "the rules in use"), 1, 1, "", message, "", hint),), (), {})
