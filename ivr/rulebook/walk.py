"""Ways through the schema along a path of the rules: what is expected there, which names are referred to.

Rule 1: keys are those of the file, so a field with an alias goes by its alias.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivr.rulebook.forms import Ref
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.tree import Mapping, Node, Path, Scalar, Sequence


@dataclass(frozen=True, slots=True)
class Slot:
    """A key of a model: what is expected there, and the whole annotation with its marks."""

    description: str
    required: bool
    annotation: object


def members(annotation: object) -> tuple[object, ...]:
    """Return what an annotation allows, without `Annotated[...]` and None; more than one only for a real union."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return tuple(found for arg in get_args(annotation) if arg is not type(None) for found in members(arg))
    return (annotation,)


def core(annotation: object) -> object:
    """Return the one kind that has something below it (a model, else a dict or list), else the first kind."""
    found = members(annotation)
    models = [kind for kind in found if isinstance(kind, type) and issubclass(kind, BaseModel)]
    groups = [kind for kind in found if get_origin(kind) in (dict, list)]
    return (models or groups or list(found))[0]


def fields_of(annotation: object) -> dict[str, Slot]:
    """Return the keys of the model that an annotation stands for; none if it is no model."""
    kind = core(annotation)
    return slots_of(kind) if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


@cache
def slots_of(model: type[BaseModel]) -> dict[str, Slot]:
    """Return the keys of a model as they are written in a file."""
    return {field.alias or name: _slot(field) for name, field in model.model_fields.items()}


def _slot(field: FieldInfo) -> Slot:
    whole: Any = field.annotation
    for mark in field.metadata:
        whole = Annotated[whole, mark]
    return Slot(field.description or "", field.is_required(), whole)


@cache
def sections() -> dict[str, type]:
    """Return the sections of a file, which any file may have, each with its kind of group: dict or list."""
    found: dict[str, type] = {}
    for key, slot in slots_of(Rulebook).items():
        kind = core(slot.annotation)
        group = get_origin(kind)
        if group in (dict, list) and fields_of(get_args(kind)[-1]):
            found[key] = group
    return found


def inside(annotation: object, part: str | int) -> object:
    """Return the annotation under a key or at a position, or None where the schema has nothing."""
    fields = fields_of(annotation)
    if fields:
        return fields[str(part)].annotation if part in fields else None
    kind = core(annotation)
    return get_args(kind)[-1] if get_origin(kind) in (dict, list) else None


def annotation_at(path: Path) -> object:
    """Return the annotation at `path`, or None where the schema has nothing."""
    found: object = Rulebook
    for part in path:
        found = inside(found, part)
    return found


def expected_at(path: Path) -> str:
    """Return the description of the innermost key on `path` that the schema knows."""
    found: object = Rulebook
    description = ""
    for part in path:
        slot = fields_of(found).get(str(part))
        description = slot.description if slot else description
        found = inside(found, part)
    return description


def references(node: Node, annotation: object = Rulebook, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """Yield (path, section, name) for every name of another section in the tree, also in broken entries."""
    match node:
        case Mapping():
            fields = fields_of(annotation)
            below = inside(annotation, "") if not fields else None
            for key, value in node.entries.items():
                kind = fields[key].annotation if key in fields else below
                if kind is not None:
                    yield from references(value, kind, (*path, key))
        case Sequence():
            below = inside(annotation, 0)
            for position, value in enumerate(node.items):
                if below is not None:
                    yield from references(value, below, (*path, position))
        case Scalar():
            section = _section(annotation)
            if section and isinstance(node.value, str):
                yield path, section, node.value


def _section(annotation: object) -> str | None:
    """Return the section that a name belongs to, from the mark on the annotation or on a part of its union."""
    if get_origin(annotation) is Annotated:
        kind, *marks = get_args(annotation)
        return next((mark.section for mark in marks if isinstance(mark, Ref)), None) or _section(kind)
    if get_origin(annotation) in (Union, UnionType):
        return next(filter(None, map(_section, get_args(annotation))), None)
    return None
