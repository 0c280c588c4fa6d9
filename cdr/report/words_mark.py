"""Marks texts for the catalogues where they are not said at once. PURE."""


def mark(text: str) -> str:
    """Give the text as it is; the test of the catalogues finds it here."""
    return text
