"""Find the names that may follow the dot at a cursor: every name, or none if the project alone does not define them.

They serve a model that is about to write that name: it need not consider names that do not exist (monitor-guided
decoding, Agrawal et al. 2023, arXiv 2306.10763).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.languages.embedded import holds_code
from dovetail_context.languages.language import CursorView, TypeRules
from dovetail_context.languages.registry import code_of, language_for
from dovetail_context.meaning.additions import added, macro_members
from dovetail_context.meaning.infer import Inference
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.query import Query
from dovetail_context.records.record import FileRecord
from dovetail_context.retrieve.situation import bounded, hand_back, read_meaning
from dovetail_context.work import Exhausted, at_most, open_work

MAX_STEPS = 100_000  # definitions looked at; large projects take some 1,000
MAX_NAMES = 1000  # more carry little information, and each has to be examined
# The text before a member in any of the languages. Most positions do not follow it, and are not analysed further.
_DOT = re.compile(r"(\.|->|::)\s*[\w$]*\Z")
_LONGEST_NAME = 200
# Code with such a cast uses a member that the type does not have.
_CAST_AWAY = re.compile(r"\bas\s+(?:any|unknown)\s*\)\s*[?!]?\.\s*[\w$]*\Z")
# The object that represents a class in Java: it has members of its own.
_OF_CLASS_OBJECT = re.compile(r"\.class\s*(?:\.|::)\s*[\w$]*\Z")
# Characters before the cursor in which a check of its object's type is looked for.
_CHECKED_CHARACTERS = 2000
# A class that answers for names it does not have.
_ANSWERS_FOR_ALL = frozenset({"__getattr__", "__getattribute__"})


@dataclass(frozen=True, slots=True)
class Members:
    """The names that may follow a dot, without the part that is typed already, and the files that define them."""

    names: tuple[str, ...] = ()
    paths: frozenset[str] = frozenset()


def members_at(query: Query, snapshot: IndexSnapshot, cancelled: Callable[[], bool] = lambda: False) -> tuple[str, ...]:
    """The names of `members_with_files`, in order."""
    return members_with_files(query, snapshot, cancelled).names


def members_with_files(query: Query, snapshot: IndexSnapshot, cancelled: Callable[[], bool] = lambda: False) -> Members:
    """Return the names that may follow the dot at the cursor, and the files (posix, relative) that they come from.

    Return nothing if the cursor follows no dot, if the expression before the dot is unknown, or if it may have members
    that no file of this project shows. Pure. Call `cancelled` often, on the caller's thread, and raise Cancelled once
    it returns true.
    """
    with open_work(cancelled), suppress(Exhausted), at_most(MAX_STEPS):
        return _members(bounded(query), snapshot)
    return Members()


def _members(query: Query, snapshot: IndexSnapshot) -> Members:
    language = language_for(query.path, query.language)
    near = query.text[max(0, query.offset - _LONGEST_NAME) : query.offset]
    dot = _DOT.search(near)
    if language is None or language.rules.open_members or dot is None or _CAST_AWAY.search(near):
        return Members()
    if holds_code(query.path, query.language):
        return Members()  # a template may add to what its script defines
    if language.name == "java" and _OF_CLASS_OBJECT.search(near):
        return Members()
    query = replace(query, text=code_of(query.text, query.language))
    view, rules = language.cursor(query.text, query.offset), language.rules
    if not view.receiver or _may_be_new(query, view, rules) or _is_checked(query, view, rules):
        return Members()
    current, inference = read_meaning(language, query, snapshot)
    bindings = view.bindings
    if dot[1] == "::" and not rules.method_references:
        bindings = {name: path for name, path in bindings.items() if name != view.receiver}  # no variable has a scope
    values = inference.evaluate(view.receiver, ExpressionScope(query.path, view.container, bindings))
    if rules.arity and not near[: dot.start()].rstrip().endswith(">"):
        values = tuple(value for value in values if not _needs_arguments(value))
    names: set[str] = set()
    paths: set[str] = set()
    for value in values:
        offered = dict(_offered_behind(dot[1], value, inference, rules, current))
        if not offered:
            names.clear()
            break
        names.update(offered)
        paths.update({value.definition.path}, *offered.values())
    hand_back(inference)
    fitting = sorted(name for name in names if name.startswith(view.typed))
    if not fitting or len(fitting) > MAX_NAMES:
        return Members()
    return Members(tuple(name[len(view.typed) :] for name in fitting), frozenset(paths))


def _needs_arguments(value: Value) -> bool:
    """Whether a value is a generic class: its name alone means another one, which may be of another project."""
    symbol = value.definition.symbol
    return value.kind == "class" and not value.arguments and symbol is not None and bool(symbol.type_parameters)


def _may_be_new(query: Query, view: CursorView, rules: TypeRules) -> bool:
    """Whether the name may be made by being written: `self.name = ...` at the beginning of a line."""
    line = query.text[query.text.rfind("\n", 0, query.offset) + 1 : query.offset]
    last = line.rpartition("=")[2].strip()  # `self.code = self.name = ...`
    targets = all(part.strip().startswith(f"{view.receiver}.") for part in line.split("=")[:-1])
    return view.receiver in rules.receivers and targets and last == f"{view.receiver}.{view.typed}"


def _is_checked(query: Query, view: CursorView, rules: TypeRules) -> bool:
    """Whether the code above checks which type the object has, which may be one with more members."""
    if not rules.checks:
        return False
    before = query.text[max(0, query.offset - _CHECKED_CHARACTERS) : query.offset]
    return re.search(rules.checks.replace("NAME", re.escape(view.receiver)), before) is not None


def _offered_behind(
    dot: str, value: Value, inference: Inference, rules: TypeRules, current: FileRecord
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """All names that follow this kind of dot behind a value; none where there may be others."""
    if value.is_held and dot == ".":
        return  # those of the pointer
    offered = list(_offered(value, inference, rules, current))
    if offered and dot == "::" and rules.method_references and value.kind == "class":
        offered += [*_offered(value._replace(kind="instance"), inference, rules, current), ("new", ())]
    yield from offered


def _offered(
    value: Value, inference: Inference, rules: TypeRules, current: FileRecord
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """All names of a value with the files that define them; none where there may be others."""
    more = added(value, inference, current)
    if more.is_open or value.is_guess:
        return
    found: dict[str, tuple[str, ...]] = {}
    if value.kind == "module":
        exported = inference.names.exported(value.definition)
        found = {name: tuple(each.path for each in definitions) for name, definitions in exported.items()}
    elif value.kind in ("instance", "class") and inference.is_closed(value):
        found = {each.symbol.name: (each.path,) for each in inference.reached(value) if each.symbol is not None}
        if not found or not _ANSWERS_FOR_ALL.isdisjoint(found):
            return
        yield from dict.fromkeys(rules.universal_members, ()).items()
        if value.kind == "class":
            yield from dict.fromkeys(rules.class_members, ()).items()
    if found:  # added names alone are never all of them
        yield from dict.fromkeys(macro_members(found, inference, current), ()).items()
        yield from dict.fromkeys(more.names, ()).items()
        yield from found.items()
