"""Joins the trees of several rules files to one, whose marks still know their files.

Rule 1: sections may stand in every file; the rest only in the root file, which comes first.
Rule 2: a name belongs to one file. Where two have it, the first stays and a problem names both places.
"""

from collections.abc import Iterator

from ivr.rulebook.problems import Problem, problem_at, quoted, shown
from ivr.rulebook.schema import Rulebook
from ivr.rulebook.shape import unknown_key, wrong_group
from ivr.rulebook.tree import Mapping, Node, Scalar, Sequence
from ivr.rulebook.walk import sections, slots_of


def joined(trees: list[Mapping]) -> tuple[Mapping, list[Problem], bool]:
    """Return one tree, what is wrong in joining, and whether every section of every file has gone into it."""
    root, *further = trees
    if not further:
        return root, [], True
    tree = Mapping(root.mark, dict(root.entries), dict(root.marks))
    problems = [problem for other in further for problem in _foreign(root, other)]
    fits = True
    for section, group in sections().items():
        having = [one for one in trees if section in one.entries]
        good = [one for one in having if isinstance(one.entries[section], Sequence if group is list else Mapping)]
        kept = good or having[:1]  # with no good one the first stays, for the schema to tell
        wrong = [one for one in having if not any(one is other for other in kept)]
        problems += [_wrong(one, section) for one in wrong]
        fits = fits and not wrong
        if kept:
            tree.marks[section] = kept[0].marks[section]
            tree.entries[section], twice = _together(section, [one.entries[section] for one in kept])
            problems += twice
    return tree, problems, fits


def _foreign(root: Mapping, other: Mapping) -> Iterator[Problem]:
    for key, mark in other.marks.items():
        if key in sections():
            continue
        if key in slots_of(Rulebook):
            yield problem_at(mark, "only the root file may say this", f"move it to {root.mark.file}", key)
        else:
            yield unknown_key((key,)).at(other)


def _wrong(one: Mapping, section: str) -> Problem:
    node = one.entries[section]
    if isinstance(node, Scalar) and node.value is None:
        return problem_at(one.marks[section], "has no value", "write a value or remove the key", section)
    return wrong_group((section,), node.value if isinstance(node, Scalar) else None).at(one)


def _together(section: str, nodes: list[Node]) -> tuple[Node, list[Problem]]:
    first = nodes[0]
    match first:
        case Mapping():
            return _one_mapping(section, first, [node for node in nodes if isinstance(node, Mapping)])
        case Sequence():
            return _one_sequence(first, [node for node in nodes if isinstance(node, Sequence)]), []
        case Scalar():
            return first, []


def _one_mapping(section: str, first: Mapping, parts: list[Mapping]) -> tuple[Mapping, list[Problem]]:
    whole, problems = Mapping(first.mark), []
    for part in parts:
        for name, node in part.entries.items():
            mark, known = part.marks[name], whole.marks.get(name)
            if known is not None:
                hint = f"rename one of them; the first is in {known.file}:{known.line}"
                message = f"{quoted(name)} is written in two files"
                problems.append(problem_at(mark, message, hint, f"{section}.{shown(name)}"))
                continue
            whole.entries[name], whole.marks[name] = node, mark
    return whole, problems


def _one_sequence(first: Sequence, parts: list[Sequence]) -> Sequence:
    whole = Sequence(first.mark)
    for part in parts:
        whole.joined.append(len(whole.items))
        whole.items += part.items
    return whole
