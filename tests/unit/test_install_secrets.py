"""Secrets in files, and what the settings may open to the network."""

import os
import stat
from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.exposure import Openings, loopback, refusal, risks
from ivr.secret_files import complaint, kept_secret, read_secret
from ivr.settings import load


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_secret_is_read_from_a_file_that_only_its_owner_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "opened-sesame\n")
    monkeypatch.setenv("IVR_AMI_SECRET_FILE", str(path))
    found = load().ami_secret
    assert found is not None
    assert found.get_secret_value() == "opened-sesame"
    assert "opened-sesame" not in repr(load())
    monkeypatch.setenv("IVR_AMI_SECRET", "another")
    with pytest.raises(SettingsError, match="both set"):
        load()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o610, 0o602, 0o601])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, "opened-sesame", mode)
    with pytest.raises(SettingsError, match="chmod 600") as caught:
        read_secret(path, "IVR_AMI_SECRET_FILE")
    assert str(caught.value).startswith("IVR_AMI_SECRET_FILE: ")
    assert "opened-sesame" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "\n", "opened-sesame\nand more\n", "x" * 2000])
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="only line") as caught:
        read_secret(written(tmp_path, text), "X")
    assert "opened-sesame" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_secret(tmp_path / "none", "X")


def test_whose_file_it_is_counts() -> None:
    regular = stat.S_IFREG | 0o600
    assert complaint(Path("f"), regular, 1000, 1000) == ""
    assert complaint(Path("f"), regular, 0, 1000) == ""
    assert "chown 1000 f" in complaint(Path("f"), regular, 1001, 1000)
    assert "not a file" in complaint(Path("f"), stat.S_IFDIR | 0o700, 1000, 1000)


def test_a_secret_of_our_own_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "ami"
    made = kept_secret(path)
    assert kept_secret(path) == made
    assert len(made) > 20
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert path.stat().st_uid == os.geteuid()


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - it is refused
        ("192.0.2.1", False),
        ("::", False),
        ("pbx.example.org", False),
        ("", False),
    ],
)
def test_what_is_this_machines_own(host: str, own: bool) -> None:
    assert loopback(host) is own


@pytest.mark.parametrize(
    ("found", "refused", "named"),
    [
        (Openings("127.0.0.1", False, "refused", "127.0.0.1"), False, ()),
        (Openings("192.0.2.1", False, "refused", "127.0.0.1"), True, ("WITHOUT TLS",)),
        (Openings("192.0.2.1", False, "allowed", "127.0.0.1"), False, ("WITHOUT TLS",)),
        (Openings("192.0.2.1", True, "refused", "127.0.0.1"), False, ()),
        (Openings("127.0.0.1", False, "refused", "192.0.2.1"), False, ("SIP listens on 192.0.2.1",)),
        (Openings("192.0.2.1", False, "allowed", "192.0.2.1"), False, ("WITHOUT TLS", "SIP listens")),
    ],
)
def test_what_is_open_is_refused_or_named(found: Openings, refused: bool, named: tuple[str, ...]) -> None:
    assert bool(refusal(found)) is refused
    said = list(risks(found))
    assert len(said) == len(named)
    assert all(words in one for words, one in zip(named, said, strict=True))


def test_the_settings_refuse_a_manager_elsewhere_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_AMI_HOST", "192.0.2.1")
    with pytest.raises(SettingsError, match="IVR_AMI_TLS=true"):
        load()
    monkeypatch.setenv("IVR_AMI_TLS", "true")
    assert list(risks(load().openings)) == []
    monkeypatch.setenv("IVR_AMI_TLS", "false")
    monkeypatch.setenv("IVR_AMI_PLAIN", "allowed")
    assert len(list(risks(load().openings))) == 1
