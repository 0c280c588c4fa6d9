"""Texts that no spreadsheet takes for a formula: in exports, figures and reports. PURE.

Rule 1: it does not matter which separator the reader believes in: what Excel opens as `;` in Riga it opens as `,` in London,
and LibreOffice begins with both. So a text is marked wherever one of them would begin a cell.
Rule 2: a mark can be undone: one that stands there already is marked too.
"""

import re

MARK = "'"
_SIGNS = "=+\\-@＝＋－＠'"  # what begins a formula, also in full width; and the mark itself
_EDGES = ',;\\t\\r\\n\\"'  # behind these a cell may begin
_FORMULA = re.compile(rf"(?:^(?=[{_SIGNS}\t\r\n])|(?<=[{_EDGES}])(?=[{_SIGNS}]))")
_MARKED = re.compile(rf"(?:^|(?<=[{_EDGES}])){MARK}")
_CUT = re.compile(rf"[{_EDGES}]")
_FIRST = tuple("=+-@＝＋－＠'")


def harmless(text: str) -> str:
    """Give a text in which no spreadsheet finds a formula: with a `'` before what it would take for the beginning of one."""
    return _FORMULA.sub(MARK, text)


def unmarked(text: str) -> str:
    """Undo `harmless`."""
    return _MARKED.sub("", text)


def csv_value(text: str) -> str:
    """Give a harmless text as it stands in a line of CSV: in quotes if any of the usual separators would cut it."""
    if _CUT.search(text):
        return '"' + harmless(text).replace('"', '""') + '"'
    return MARK + text if text.startswith(_FIRST) else text  # as `harmless`, and much quicker
