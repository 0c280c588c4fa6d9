"""Prints a report's page as PDF with Chromium. EDGE.

Rule 1: the page is handed over as a file in a directory of its own, which is gone afterwards; nothing else is opened and
nothing is fetched: the page allows no request, and the browser is told to have no network.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cdr.report.errors import BrowserFailed, NoBrowser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LONGEST = 60.0  # seconds that printing may take
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def browser() -> str:
    """Find Chromium: the one that IVR_CHROMIUM names, else the first on the path. Raises `NoBrowser`."""
    named = os.environ.get("IVR_CHROMIUM", "")
    for one in (named,) if named else BROWSERS:
        found = shutil.which(one)
        if found:
            return found
    raise NoBrowser.at(named) if named else NoBrowser


def to_pdf(html: str, program: str) -> bytes:
    """Print a page. Raises `BrowserFailed`."""
    with tempfile.TemporaryDirectory(prefix="report-", ignore_cleanup_errors=True) as place:
        page, printed = Path(place, "report.html"), Path(place, "report.pdf")
        page.write_text(html, encoding="utf-8")
        command = [program, *_OPTIONS, *_as_root(), f"--user-data-dir={place}/profile", f"--print-to-pdf={printed}"]
        try:
            done = subprocess.run([*command, page.as_uri()], capture_output=True, timeout=LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BrowserFailed.at(program, str(error)) from error
        if done.returncode != 0 or not printed.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise BrowserFailed.at(program, said[-1] if said else f"exit code {done.returncode}")
        return printed.read_bytes()


def _as_root() -> tuple[str, ...]:
    """Chromium refuses to run as root within its sandbox; the page is our own and runs no script."""
    return ("--no-sandbox",) if os.geteuid() == 0 else ()
