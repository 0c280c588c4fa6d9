"""Ways through the schema along a path of the rules: what is expected there, which names are referred to."""

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivr.rulebook.schema import Ref, Rulebook
from ivr.rulebook.tree import Mapping, Node, Path, Scalar, Sequence


def core(annotation: object) -> object:
    """Return an annotation without `Annotated[...]` and `| None`."""
    if get_origin(annotation) is Annotated:
        return core(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        kept = [arg for arg in get_args(annotation) if arg is not type(None)]
        return core(kept[0])
    return annotation


def fields_of(annotation: object) -> dict[str, FieldInfo]:
    """Return the fields of the model that an annotation stands for; none if it is no model."""
    kind = core(annotation)
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}


def _inside(annotation: object, part: str | int) -> object:
    fields = fields_of(annotation)
    if fields:
        return fields[str(part)].annotation if part in fields else None
    kind = core(annotation)
    return get_args(kind)[-1] if get_origin(kind) in (dict, list) else None


def annotation_at(path: Path) -> object:
    """Return the annotation at `path`, or None where the schema has nothing."""
    found: object = Rulebook
    for part in path:
        found = _inside(found, part)
    return found


def expected_at(path: Path) -> str:
    """Return the description of the innermost field on `path` that the schema knows."""
    found: object = Rulebook
    description = ""
    for part in path:
        field = fields_of(found).get(str(part))
        description = (field.description or "") if field else description
        found = _inside(found, part)
    return description


def references(node: Node, annotation: object = Rulebook, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """Yield (path, section, name) for every name of another section in the tree, also in broken entries."""
    match node:
        case Mapping():
            fields = fields_of(annotation)
            for key, value in node.entries.items():
                section = _section(fields.get(key))
                if section and isinstance(value, Scalar) and isinstance(value.value, str):
                    yield (*path, key), section, value.value
                else:
                    yield from references(value, _inside(annotation, key), (*path, key))
        case Sequence():
            for position, value in enumerate(node.items):
                yield from references(value, _inside(annotation, position), (*path, position))
        case Scalar():
            return


def _section(field: FieldInfo | None) -> str | None:
    marks = [mark.section for mark in field.metadata if isinstance(mark, Ref)] if field else []
    return marks[0] if marks else None
