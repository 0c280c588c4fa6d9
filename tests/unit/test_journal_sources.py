"""What names a journal: a path, or the URL of a table without a secret."""

from pathlib import Path

import pytest

from cdr.errors import JournalUnreadable
from cdr.journal.reader import Journal
from cdr.journal.sources import source_of


@pytest.mark.parametrize(
    ("url", "said"),
    [("mysql://u@h/d", "a journal is a file's path or"), ("postgresql://u:secret@h/d?table=cel", "can be seen")],
)
def test_urls_that_are_refused(url: str, said: str) -> None:
    with pytest.raises(JournalUnreadable, match=said) as caught:
        source_of(url)
    assert "secret" not in str(caught.value)


def test_a_path_is_a_file(tmp_path: Path) -> None:
    found = source_of(str(tmp_path / "journal.csv"), "north")
    assert isinstance(found, Journal)
    assert found.node == "north"
