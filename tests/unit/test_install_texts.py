"""Our configuration beside a town's own: made from the shipped templates, with names that are only ours."""

import re
from pathlib import Path

import pytest

from ivr.doctor.checks_manager import READ
from ivr.errors import PbxUnavailable
from ivr.install import directories, texts
from ivr.install.lines import INCLUDES, TOPIC_FEATURE, collisions, has_line, lines, missing_modules

VALUES = {
    "AMI_USER": "ivr-engine",
    "AMI_SECRET": "s",
    "SUPERVISOR_USER": "ivr-supervisor",
    "SUPERVISOR_SECRET": "t",
    "REPLY_SECONDS": "1.5",
    "TRUNK": "operator",
}
TEMPLATES = {path.name: path.read_text() for path in Path("dialplans/pbx").glob("*.conf")}
SECTION = re.compile(r"^\[([^\]]+)\]", re.MULTILINE)


def own(host: str = "127.0.0.1") -> dict[str, str]:
    return texts.own_files(TEMPLATES, VALUES, host)


def test_every_file_of_ours_is_named_and_marked_as_ours() -> None:
    parts = {"ivr-topics.conf", "ivr-transfers.conf", "ivr-listen.conf"}
    assert set(own()) == {*parts, *(f"ivr-{name}" for name in INCLUDES)}
    assert all(text.startswith(texts.NOTE) for text in own().values())
    assert not any(re.search("@[A-Z_]+@", text) for text in own().values())


def test_every_name_in_the_dialplan_is_only_ours() -> None:
    text, topics = own()["ivr-extensions.conf"], own()["ivr-topics.conf"]
    assert set(SECTION.findall(topics)) == {"globals", "ivr-taken", "ivr-topics", "ivr-telling", "ivr-mark"}
    assert {name for name in SECTION.findall(text) if not name.startswith("ivr-")} == {"globals"}
    assert {"ivr-from-trunk", "ivr-fallback"} <= set(SECTION.findall(text))
    passed = set(SECTION.findall(own()["ivr-transfers.conf"]))
    assert passed == {"ivr-transfer", "ivr-passed", "ivr-asked", "ivr-back", "ivr-phones", "ivr-whose"}
    assert not re.search(r"(?<!ivr-)\bfrom-(trunk|phone)\b", re.sub(r";.*", "", text))
    heard = set(SECTION.findall(own()["ivr-listen.conf"]))
    assert heard == {"ivr-listen", "ivr-heard", "ivr-ended", "ivr-mark"}
    first, second, third, *others = re.findall(r"^#include (\S+)", text, re.MULTILINE)
    assert (first, second, third) == ("ivr-transfers.conf", "ivr-topics.conf", "ivr-listen.conf")
    assert others
    assert all(name.startswith("ivr/generated/") for name in others)
    names = re.findall(r"^(\w+) = ", text[text.index("[globals]") : text.index("[ivr-from-trunk]")], re.MULTILINE)
    assert names
    assert all(name.startswith("IVR_") for name in names)


def test_what_is_rendered_names_their_trunk_and_not_their_telephones() -> None:
    files = {"numbers.conf": "x", "pjsip_phones.conf": "[phone]", "rules-1.conf": "Dial(PJSIP/+3711@trunk,${S},g)"}
    assert texts.rendered(files, "operator") == {
        "numbers.conf": "x",
        "rules-1.conf": "Dial(PJSIP/+3711@operator,${S},g)",
    }


def test_the_managers_own_section_stays_theirs() -> None:
    text = own()["ivr-manager.conf"]
    assert SECTION.findall(text) == ["ivr-engine", "ivr-supervisor"]
    assert "bindaddr" not in text
    assert all(name in text for name in READ)
    assert "permit = 192.0.2.1/255.255.255.255" in own("192.0.2.1")["ivr-manager.conf"]
    assert "permit = 192" not in text


def test_templates_of_another_kind_are_refused() -> None:
    with pytest.raises(PbxUnavailable, match="default"):
        texts.dialplan("[default]\n")
    with pytest.raises(PbxUnavailable, match="AMI_USER"):
        texts.manager("[general]\n", "127.0.0.1")
    with pytest.raises(PbxUnavailable, match="@DIR@"):
        texts.own_files({**TEMPLATES, "cel.conf": "@DIR@"}, VALUES, "127.0.0.1")


def test_the_lines_to_add_are_shown_until_they_are_there() -> None:
    theirs = {"extensions.conf": '[x]\ninclude=ivr-numbers\n #include "ivr-extensions.conf"\n', "cel.conf": ""}
    shown = {(line.file, line.lines[0]): line for line in lines(theirs, (), "operator")}
    assert shown["extensions.conf", "#include ivr-extensions.conf"].there
    assert not shown["extensions.conf", "include => ivr-topics"].there
    assert shown["extensions.conf", "include => ivr-numbers"].where.count("[operator]") == 1
    assert not shown["cel.conf", "#include ivr-cel.conf"].there
    assert shown["cli.conf", "#include ivr-cli.conf"].where == "make this file"
    assert not any(line.file == "modules.conf" for line in shown.values())
    assert not has_line("; #include ivr-cel.conf", "#include ivr-cel.conf")


def test_the_feature_that_is_shown_is_that_of_the_template() -> None:
    assert TOPIC_FEATURE in TEMPLATES["features.conf"].splitlines()
    theirs = {"features.conf": f"[applicationmap]\n{TOPIC_FEATURE}\n"}
    shown = {line.lines[0]: line.there for line in lines(theirs, (), "operator")}
    assert shown[TOPIC_FEATURE]


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("", ()),
        ("autoload=yes\n", ()),
        ("autoload = yes\nnoload => res_agi.so\n", ("res_agi.so",)),
        ("autoload = no\nload = app_read.so\n", ("res_agi.so",)),
        ("[modules]\nload => res_agi\n", ("app_read.so",)),
    ],
)
def test_modules_that_are_missing_are_shown(text: str, missing: tuple[str, ...]) -> None:
    needed = ("app_read.so", "res_agi.so")
    assert tuple(line.split()[2] for line in missing_modules(text, needed)) == missing


def test_contexts_that_would_be_mixed_are_named() -> None:
    ours = {"ivr-extensions.conf": "[ivr-call]\n[globals]\n"}
    theirs = {
        "extensions.conf": "[globals]\n[ivr-call]\n",
        "extensions_x.conf": "[ivr-else]\n",
        "pjsip.conf": "[ivr-call]\n",
    }
    assert collisions(theirs, ours) == ("extensions.conf: [ivr-call]",)


def test_modules_of_ours_are_read_from_the_template() -> None:
    needed = texts.modules_needed(TEMPLATES["modules.conf"])
    assert "res_agi.so" in needed
    assert len(needed) > 50
    assert not any(name.startswith("bridge_native") for name in needed)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "[directories]\nastlogdir => /log ; here\nastdatadir=/data\n[options]\nastlogdir => /no\n",
            {"astlogdir": "/log", "astdatadir": "/data"},
        ),
        ("[directories](!)\nastlogdir => /log\n", {}),
        ("[options]\n", {}),
    ],
)
def test_directories_are_read_as_asterisk_does(text: str, found: dict[str, str]) -> None:
    assert directories.named(text) == found
