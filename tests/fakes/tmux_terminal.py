"""A real terminal: a program runs in tmux, a test presses its keys and reads its screen."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.patience import until


@dataclass(frozen=True)
class TmuxTerminal:
    """A terminal of tmux; `socket` is a server of tmux that has nothing else."""

    socket: Path

    def tmux(self, *words: str) -> str:
        """Give tmux an order, and its answer."""
        command = ["tmux", "-S", str(self.socket), *words]
        # Readline, if pytest has loaded it, says COLUMNS=80 to all children, and these to theirs; tmux knows the size itself.
        environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    def screen(self) -> str:
        """Read what is on the screen."""
        return self.tmux("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names."""
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self.tmux("send-keys", "-l", text)

    async def shows(self, *texts: str) -> str:
        """Wait until all texts are on the screen, and give it."""
        found: list[str] = [""]

        def there() -> bool:
            found[0] = self.screen()
            return all(text in found[0] for text in texts)

        await until(there, told=lambda: f"{texts} not on\n{found[0]}")
        return found[0]

    async def shows_no_more(self, text: str) -> str:
        """Wait until a text is not on the screen any more, and give it."""
        await until(lambda: text not in self.screen(), told=self.screen)
        return self.screen()


@contextmanager
def tmux_terminal(
    folder: Path, command: str, environment: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[TmuxTerminal]:
    """Run a command in a terminal; the terminal ends with the block."""
    terminal = TmuxTerminal(folder / "tmux.sock")
    size = ("-x", str(columns), "-y", str(rows))
    given = [word for name, value in environment.items() for word in ("-e", f"{name}={value}")]
    terminal.tmux("-f", "/dev/null", "new-session", "-d", *size, *given, command)
    try:
        yield terminal
    finally:
        # The screen stays readable until here, so the server is there, unless the program has ended by itself.
        subprocess.run(["tmux", "-S", str(terminal.socket), "kill-server"], capture_output=True, check=False)
