"""Where the journal is: a file, or a table in a database."""

from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.settings import load

TABLE = "postgresql://ivr@records.example:5432/asterisk?table=cel"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("IVR_JOURNAL", "IVR_JOURNAL_TABLE", "IVR_NODE"):
        monkeypatch.delenv(name, raising=False)


def test_a_file() -> None:
    found = load(journal="/var/log/journal.csv")
    assert (found.journal, found.journal_table, found.node) == (Path("/var/log/journal.csv"), "", "")
    assert load().journal is None


def test_a_table_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_JOURNAL", TABLE)
    monkeypatch.setenv("IVR_NODE", "south")
    found = load()
    assert (found.journal, found.journal_table, found.node) == (None, TABLE, "south")


def test_a_table_beside_a_file() -> None:
    found = load(journal="journal.csv", journal_table=TABLE)
    assert (found.journal, found.journal_table) == (Path("journal.csv"), TABLE)


def test_a_node_is_a_plain_name() -> None:
    with pytest.raises(SettingsError, match="IVR_NODE"):
        load(node="two words")
