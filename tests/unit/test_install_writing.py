"""Writing beside a town's files and undoing it, in a folder of this machine: nothing of theirs is ever touched."""

import json
from pathlib import Path

import pytest

from ivr.errors import SettingsError
from ivr.install.manifest import NAME, Manifest
from ivr.install.undo import undo
from ivr.install.writing import Change, make_folder, planned, write


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "extensions.conf").write_text("[town]\n")
    return folder


def files(config: Path, **texts: str) -> dict[Path, bytes]:
    return {config / name.replace("__", "/").replace("_", "-"): text.encode() for name, text in texts.items()}


def everything(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_what_was_written_is_taken_away_and_nothing_else(config: Path, tmp_path: Path) -> None:
    before = everything(tmp_path)
    wanted = {**files(config, ivr_a="1", ivr__generated__b="2"), tmp_path / "share/sounds/lv/ivr/x.wav": b"RIFF"}
    change = write(config, wanted)
    assert (set(change.new), change.changed, change.same) == (set(wanted), (), ())
    make_folder(config, tmp_path / "log/cel-custom")
    assert (config / "ivr-a").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "share/sounds/lv/ivr/x.wav").stat().st_mode & 0o777 == 0o644
    assert not list(tmp_path.rglob("*.partial"))
    done = undo(config, dry_run=True)
    assert set(done.removed) == set(wanted)
    assert all(path.exists() for path in wanted)
    assert undo(config, dry_run=False) == done
    assert everything(tmp_path) == before


def test_a_second_time_only_what_differs_is_written(config: Path) -> None:
    write(config, files(config, ivr_a="1", ivr_b="2", ivr_c="3"))
    change = write(
        config, files(config, ivr_a="1", ivr_b="new"), obsolete=[config / "ivr-c", config / "extensions.conf"]
    )
    assert change == Change(changed=(config / "ivr-b",), same=(config / "ivr-a",), removed=(config / "ivr-c",))
    assert not (config / "ivr-c").exists()
    assert (config / "extensions.conf").exists(), "what is not ours is never removed"


def test_a_file_of_theirs_is_refused_before_anything_is_written(config: Path) -> None:
    (config / "ivr-b").write_text("theirs")
    with pytest.raises(SettingsError, match="ivr-b"):
        write(config, files(config, ivr_a="1", ivr_b="2"))
    assert not (config / "ivr-a").exists()
    assert (config / "ivr-b").read_text() == "theirs"


def test_an_installation_that_was_cut_goes_on(config: Path) -> None:
    (config / "ivr-b").write_text("2")
    write(config, files(config, ivr_a="1", ivr_b="2"))
    assert Manifest.of(config).files.keys() == {str(config / "ivr-a"), str(config / "ivr-b")}


def test_an_edited_file_stops_everything(config: Path) -> None:
    write(config, files(config, ivr_a="1", ivr_b="2"))
    (config / "ivr-a").write_text("mine")
    for attempt in (lambda: write(config, files(config, ivr_b="3")), lambda: undo(config, dry_run=False)):
        with pytest.raises(SettingsError, match="edited") as caught:
            attempt()
        assert str(config / "ivr-a") in str(caught.value)
    assert (config / "ivr-b").read_text() == "2"
    (config / "ivr-a").unlink()
    undo(config, dry_run=False)
    assert not (config / "ivr").exists()


@pytest.mark.parametrize(
    "line",
    [
        "#include ivr-extensions.conf",
        '#tryinclude "/etc/asterisk/ivr-cel.conf"',
        "#include ivr/generated/numbers.conf",
        "include => ivr-numbers",
        "context=ivr-from-trunk",
        "set_var = TRANSFER_CONTEXT=ivr-transfer",
    ],
)
def test_lines_of_theirs_that_need_ours_are_named_before_anything_is_removed(config: Path, line: str) -> None:
    write(config, files(config, ivr_a="1"))
    theirs = config / "extensions.conf"
    theirs.write_text(f"[town]\n{line}\n")
    with pytest.raises(SettingsError, match=r"extensions\.conf:2"):
        undo(config, dry_run=False)
    assert (config / "ivr-a").exists()
    theirs.write_text(f"[town]\n;{line}\ninclude => ivr-of-the-town\n")
    undo(config, dry_run=False)


def test_what_somebody_put_into_our_folder_stays(config: Path) -> None:
    write(config, files(config, ivr__generated__b="2"))
    (config / "ivr/notes").write_text("theirs")
    assert undo(config, dry_run=False).kept == (config / "ivr/notes",)
    assert everything(config) == {"extensions.conf": b"[town]\n", "ivr": None, "ivr/notes": b"theirs"}


def test_nothing_installed_is_said(config: Path) -> None:
    with pytest.raises(SettingsError, match="nothing is installed"):
        undo(config, dry_run=False)
    with pytest.raises(SettingsError, match="--to"):
        write(config / "missing", {})
    (config / "ivr").mkdir()
    (config / NAME).write_text(json.dumps({"files": []}))
    with pytest.raises(SettingsError, match="backup"):
        Manifest.of(config)


def test_a_dry_run_says_what_it_would_do(config: Path) -> None:
    wanted = files(config, ivr_a="1")
    assert planned(Manifest.of(config), wanted) == Change(new=(config / "ivr-a",))
    assert not (config / "ivr").exists()
