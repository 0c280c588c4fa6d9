"""How commands write a file: whole or not at all."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ivr.errors import OperatorError

STANDARD_OUTPUT = Path("-")


@contextmanager
def whole_file(output: Path) -> Iterator[IO[bytes]]:
    """Give what to write to. It gets its name when it is whole, so nothing that was broken off looks like it.

    `STANDARD_OUTPUT` and devices are written to as they are. Raises OperatorError.
    """
    if output == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    device = output.exists() and not output.is_file()
    partial = output if device else output.with_name(f"{output.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
        if not device:
            partial.replace(output)
    except OSError as error:
        raise OperatorError(
            f"{output} cannot be written ({error.strerror}); free some space, or name a place that you may write to with -o"
        ) from error
    finally:
        if not device:
            partial.unlink(missing_ok=True)
