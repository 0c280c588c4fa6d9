"""What can go wrong with a report; each says what to do next. They are operators' faults, see `cdr.errors`."""

from collections.abc import Sequence

from cdr.errors import OperatorFault


class ReportFault(OperatorFault):
    """The report cannot be made."""


class UnknownLanguage(ReportFault):
    """The report is not written in this language; choose another with --language."""

    @classmethod
    def of(cls, language: str, known: Sequence[str]) -> "UnknownLanguage":
        """Name the language and those there are."""
        return cls(f"there is no report in the language {language!r}; choose one with --language: {', '.join(known)}")


class NoBrowser(ReportFault):
    """A PDF needs Chromium: install the package `chromium`, or name a browser in IVR_CHROMIUM; --format html needs none."""


class BrowserFailed(ReportFault):
    """The browser did not print the page; run it by hand to see why, or use --format html and print that."""
