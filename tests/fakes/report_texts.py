"""Finds the texts of the report in its code and its template, as a catalogue has to hold them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import cdr.report

ROOT = Path(cdr.report.__file__).parent
_IN_TEMPLATE = re.compile(r'say\("((?:[^"\\]|\\.)*)"')

Text = str | tuple[str, str]
"""One text, or its forms for one and for many."""


def texts() -> list[Text]:
    """Give every text once, in the order of the files."""
    found: dict[Text, None] = {}
    for path in sorted(ROOT.glob("*.py")):
        found.update(dict.fromkeys(_in_code(path)))
    for path in sorted(ROOT.glob("templates/*.j2")):
        found.update(dict.fromkeys(_IN_TEMPLATE.findall(path.read_text(encoding="utf-8"))))
    return list(found)


def _in_code(path: Path) -> Iterator[Text]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            parts = [one.value for one in node.args[:2] if isinstance(one, ast.Constant)]
            if name in ("say", "mark") and parts:
                yield parts[0]
            elif name == "count" and len(parts) == 2 and "{n}" in str(parts[1]):
                yield parts[0], parts[1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "_IN_MONTH":
            yield from ast.literal_eval(node.value)
