"""The confirmation of an order: it names the call or the line, asks for what is needed, and gives the order or nothing.

Rule 1: the order is about the call that stood here when the dialog was opened. If that call ends, nothing can be ordered.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from pydantic import ValidationError
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input, Label

from ivr.monitor.answer import Answer
from ivr.monitor.cells import Cell, Line, Tone
from ivr.monitor.lines import Lines
from ivr.monitor.orders import Order
from ivr.monitor.words import CONFIRM, GOES_ON, HINTS, LABELS, NEEDED, OPTIONS, WRONG

OPTIONS_SHOWN = 4
LONGEST = 200  # letters of what can be typed; a reason may have so many


@dataclass(frozen=True, slots=True)
class Field:
    """Something that is asked for; `options` are offered, others are taken too."""

    name: str
    needed: bool = True
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What a confirmation says and asks. `facts` are worked out anew each second; `gone` says why it is too late."""

    title: str
    does: str
    facts: Callable[[], tuple[Line, ...]]
    gone: Callable[[], str]
    fields: tuple[Field, ...]
    order: Callable[[Mapping[str, str]], Order]


class Asking(ModalScreen[Order | None]):
    """A dialog that gives the order which was confirmed, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question
        self._too_late = False
        self._refused: Mapping[str, str] = {}

    def compose(self) -> ComposeResult:
        """Show what it is about, what is asked, and what the keys do."""
        with Vertical(id="dialog"):
            yield Label(self._question.title, id="title", markup=False)
            yield Lines(id="facts")
            for field in self._question.fields:
                with Horizontal(classes="field"):
                    yield Label(LABELS[field.name], markup=False)
                    yield self._answer(field)
            yield Lines(id="problem")
            yield Lines(id="what")

    def on_mount(self) -> None:
        """Say everything at once."""
        self.paint()

    def paint(self) -> None:
        """Say again what changes with time: how the call is, or that it is over."""
        facts = self._question.facts()
        shown = self.query_one("#facts", Lines)
        shown.styles.height = len(facts)
        shown.draw(facts)
        gone = self._question.gone()
        if gone or self._too_late:
            self._problem(gone)
        self._too_late = bool(gone)
        self.query_one("#what", Lines).draw([(Cell("" if gone else self._keys(), Tone.TITLE),)])

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Tell which options fit what was typed; what was refused stays until it is something else."""
        if self._given() == self._refused:
            return
        field = next(one for one in self._question.fields if one.name == event.input.id)
        text = event.value.strip().lower()
        fits = [one for one in field.options if text in one.lower()]
        more = ", ..." if len(fits) > OPTIONS_SHOWN else ""
        offered = ", ".join(fits[:OPTIONS_SHOWN]) + more
        self._problem(OPTIONS.format(options=offered) if offered else "", Tone.QUIET)
        self.paint()

    def on_descendant_focus(self) -> None:
        """Say what Enter does now."""
        if self.is_mounted:
            self.paint()

    def action_leave(self) -> None:
        """Leave without an order."""
        self.dismiss(None)

    def _keys(self) -> str:
        last = self._question.fields[-1].name
        return CONFIRM.format(what=self._question.does) if self.focused and self.focused.id == last else GOES_ON

    def _answer(self, field: Field) -> Answer:
        made = Answer(partial(self._entered, field), id=field.name, longest=LONGEST)
        made.placeholder = HINTS[field.name]
        made.suggester = SuggestFromList(field.options, case_sensitive=False) if field.options else None
        return made

    def _given(self) -> dict[str, str]:
        return {field.name: self.query_one(f"#{field.name}", Answer).value.strip() for field in self._question.fields}

    def _entered(self, field: Field) -> None:
        """Go to the next field; after the last one the order is confirmed."""
        fields = self._question.fields
        if field == fields[-1]:
            self._confirm()
        else:
            self._go_to(fields[fields.index(field) + 1].name)

    def _go_to(self, name: str) -> None:
        self.set_focus(self.query_one(f"#{name}", Answer))

    def _refuse(self, name: str, why: str) -> None:
        self._refused = self._given()
        self._problem(why)
        self._go_to(name)

    def _confirm(self) -> None:
        if self._question.gone():
            return
        given = self._given()
        for field in self._question.fields:
            if field.needed and not given[field.name]:
                self._refuse(field.name, NEEDED.format(label=LABELS[field.name]))
                return
        try:
            self.dismiss(self._question.order(given))
        except ValidationError as error:
            name = str(error.errors()[0]["loc"][0])
            self._refuse(name, WRONG.format(label=LABELS[name], given=given[name], hint=HINTS[name]))

    def _problem(self, text: str, tone: Tone = Tone.BAD) -> None:
        self.query_one("#problem", Lines).draw([(Cell(text, tone),)])
