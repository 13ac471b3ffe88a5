"""From chosen candidates to text: one outline per file, files in dependency order. Pure.

DeepSeek-Coder was trained on repositories whose files follow their dependencies (its paper, section 2.2, algorithm 1),
so an imported file precedes the files that import it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from dovetail_context.assembly.budget import Choice
from dovetail_context.languages.language import Language
from dovetail_context.languages.registry import language_named
from dovetail_context.records.record import FileRecord, Symbol

OMITTED = "{ ... }"  # in place of members that are not shown


def outline(record: FileRecord, texts: Mapping[Symbol, str]) -> str:
    """The given symbols of a file with their texts, each inside its classes, in file order."""
    language = language_named(record.language)
    chosen: dict[str, list[Symbol]] = defaultdict(list)
    for symbol in texts:
        chosen[shown_in(symbol, language)].append(symbol)
    for container in sorted(chosen, key=lambda name: -name.count(".")):
        if container:
            _include_class(record, chosen, container)

    return "\n".join(_rendered("", record, language, chosen, texts))


def _rendered(
    container: str,
    record: FileRecord,
    language: Language,
    chosen: Mapping[str, list[Symbol]],
    texts: Mapping[Symbol, str],
) -> list[str]:
    """The chosen symbols of a container as text. (A function inside `outline` would refer to itself, and so keep the
    record until the interpreter searches for cycles.)"""
    lines = []
    for symbol in sorted(chosen[container], key=lambda symbol: (symbol.start_line, symbol.name)):
        is_open = symbol.has_members and symbol.qualified in chosen
        inside = _rendered(symbol.qualified, record, language, chosen, texts) if is_open else []
        alone = texts.get(symbol, symbol.signature)
        lines.append(language.outline(symbol, inside) if inside else _with_mark(record, symbol, alone))
    return lines


def _with_mark(record: FileRecord, symbol: Symbol, text: str) -> str:
    """Return the text of a class that is shown without members; "{}" would say that it has none."""
    hides_members = symbol.kind == "class" and text.endswith("{}") and record.members(symbol.qualified)
    return text[: -len("{}")] + OMITTED if hides_members else text


def _include_class(record: FileRecord, chosen: dict[str, list[Symbol]], container: str) -> None:
    """A member is shown inside its class, so its class is shown too, if only by name when it is in another file."""
    outer, _, name = container.rpartition(".")
    classes = [symbol for symbol in record.members(outer).get(name, ()) if symbol.has_members]
    header = classes[0] if classes else Symbol(name, "class", outer, chosen[container][0].start_line, 0, "")
    if header not in chosen[outer]:
        chosen[outer].append(header)
    if outer:
        _include_class(record, chosen, outer)


def shown_in(symbol: Symbol, language: Language) -> str:
    """Return the container that must enclose a symbol's text."""
    beginning = language.rules.detached_methods
    return "" if beginning and symbol.signature.startswith(beginning) else symbol.container


def dependency_order(paths: Sequence[str], imports: Callable[[str], Iterable[str]]) -> list[str]:
    """`paths`, imported before importing; of a cycle, the file with the fewest open imports comes first.

    The result depends only on the set of paths and their imports, so the same files always have the same order.
    """
    chosen = frozenset(paths)
    waiting = {path: {other for other in imports(path) if other in chosen and other != path} for path in chosen}
    ordered: list[str] = []
    while waiting:
        path = min(waiting, key=lambda path: (len(waiting[path]), path))
        ordered.append(path)
        del waiting[path]
        for others in waiting.values():
            others.discard(path)
    return ordered


def by_path(chosen: Iterable[Choice]) -> Mapping[str, list[Choice]]:
    """What was chosen by file, in file order."""
    grouped: dict[str, list[Choice]] = defaultdict(list)
    for one in sorted(chosen, key=lambda one: (one.ranked.path, one.ranked.start_line, one.ranked.end_line)):
        grouped[one.ranked.path].append(one)
    return grouped
