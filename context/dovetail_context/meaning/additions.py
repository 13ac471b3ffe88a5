"""Members that classes and modules have without a definition that shows them: by decorators, annotations, derives,
macros, generators, assignments from outside. Members are listed by name if their names are known; otherwise the class
is marked as open to more.

The language's patterns (`Additions`) find them in the source text. In doubt a class counts as open, so that no existing
name is taken for wrong.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from dovetail_context.languages.language import Additions
from dovetail_context.languages.registry import language_named
from dovetail_context.meaning.infer import Inference
from dovetail_context.meaning.names import Definition
from dovetail_context.meaning.values import Value
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.work import checkpoint

# Files that mention a class and are looked at; one that more of them mention is taken to be open only by itself.
MAX_FILES = 60
# Lines above a definition in which attributes and annotations are looked for.
LINES_ABOVE = 12
_QUOTED = re.compile(r"[\"'](\w+)[\"']")
_WORD = re.compile(r"\w+")
# A word, maybe with arguments, that no sign separates from the declaration behind it.
_BEFORE_DECLARATION = re.compile(r"(?<![\w#])(\w+)(?:[ \t]*\([^()\n]*\))?\s*(?=[A-Za-z_}~])")
_ENDS_ABOVE = re.compile(r"^\s*$|[;}]\s*$")
_PACKAGE_FILES = ("__init__.py",)
# What a module answers any name with.
_ANSWERS_FOR_ALL = "__getattr__"


@dataclass(frozen=True, slots=True)
class Added:
    """`is_open` is whether there may be members that nobody knows; `names` are those beside the definitions."""

    is_open: bool = False
    names: frozenset[str] = frozenset()


OPEN = Added(is_open=True)


def added(value: Value, inference: Inference, current: FileRecord) -> Added:
    """Return the members of a class, object or module beyond its definition. `current` is the file of the query."""
    if value.kind == "module":
        return _known(value.definition, inference, _to_module)
    if value.kind == "class" and _is_no_value(value.definition, inference):
        return OPEN
    names: set[str] = set()
    for holder in inference.lineage(value):
        found = _known(holder.definition, inference, _to_class)
        if found.is_open:
            return OPEN
        names |= found.names
    record = inference.names.record(value.definition.path)
    if record is not None and _is_extended_by_imports(value, record, inference, current):
        return OPEN
    return Added(names=frozenset(names))


def _is_no_value(definition: Definition, inference: Inference) -> bool:
    record, symbol = inference.names.record(definition.path), definition.symbol
    pattern = language_named(record.language).rules.additions.no_value if record is not None else ""
    return bool(pattern) and symbol is not None and _compiled(pattern).search(symbol.signature) is not None


def _known(definition: Definition, inference: Inference, ask: Callable[[Definition, Inference], Added]) -> Added:
    """Return the result of `ask`, which is called once for each class and module."""
    known: Added | None = inference.known_additions.get(definition)
    if known is None:
        known = inference.known_additions[definition] = ask(definition, inference)
    return known


def _to_class(definition: Definition, inference: Inference) -> Added:
    record, symbol = inference.names.record(definition.path), definition.symbol
    if record is None or symbol is None:
        return Added()
    rules = language_named(record.language).rules.additions
    if _opens_itself(record, symbol, rules, inference):
        return OPEN
    names: set[str] = set()
    if rules.own:
        names.update(found[1] for found in _compiled(rules.own).finditer(_body(record, symbol)))
    if rules.listed:
        for found in _compiled(rules.listed).finditer(_body(record, symbol)):
            names.update(_QUOTED.findall(found[1]))
    for other in _mentioning(record, symbol, inference):
        checkpoint()
        is_own = other.path == record.path
        text = other.text
        if _named(rules.beside, symbol.name).search(text):
            return OPEN
        if not is_own and _named(rules.elsewhere, symbol.name).search(text):
            return OPEN
        for pattern in rules.assigned:
            names.update(found[1] for found in _named(pattern, symbol.name).finditer(text))
        if record.language == "python":
            names.update(_assigned_to_instances(symbol.name, text))
    return Added(names=frozenset(names))


def _opens_itself(record: FileRecord, symbol: Symbol, rules: Additions, inference: Inference) -> bool:
    head = _head(record, symbol)
    if rules.marks:
        for found in _compiled(rules.marks).finditer(head):
            names = (each.strip().partition("(")[0] for each in next(filter(None, found.groups()), "").split(","))
            if not all(_is_harmless(name, rules.harmless) for name in names if name):
                return True
    if rules.lonely and _compiled(rules.lonely).search(head):
        companions = inference.snapshot.resolver(record.language).companions(record.path)
        others = (inference.names.record(path) for path in companions if path != record.path)
        if not any(symbol.name in other.members(symbol.container) for other in others if other is not None):
            return True
    if _declares_by_macro(record, symbol, inference) or _replaces_another(record, symbol):
        return True
    return bool(rules.body) and _named(rules.body, symbol.name).search(_body(record, symbol)) is not None


def _replaces_another(record: FileRecord, symbol: Symbol) -> bool:
    """Whether the file also imports the name of a class, which then only replaces what may not be there."""
    announced = language_named(record.language).rules.announced
    imports = () if symbol.container else record.imports_by_alias.get(symbol.name, ())
    return any(not announced or not imported.module.startswith(announced) for imported in imports)


def _body(record: FileRecord, symbol: Symbol) -> str:
    return "\n".join(record.lines[symbol.start_line - 1 : symbol.end_line])


def _head(record: FileRecord, symbol: Symbol) -> str:
    """Return the lines of a class up to the start of its body, with the lines that belong above it."""
    lines = record.lines
    first = symbol.start_line - 1
    while first > 0 and symbol.start_line - first <= LINES_ABOVE and not _ENDS_ABOVE.search(lines[first - 1]):
        first -= 1
    header = len(symbol.signature.split("\n"))
    last = symbol.start_line - 1 + max(header, 1)
    while last < min(symbol.end_line, symbol.start_line + LINES_ABOVE) and symbol.name not in lines[last - 1]:
        last += 1  # decorators belong to the definition
    return "\n".join(lines[first:last])


def _is_harmless(name: str, harmless: frozenset[str]) -> bool:
    parts = name.replace("::", ".").split(".")
    packages = (".".join(parts[:count]) + "." for count in range(1, len(parts)))
    return parts[-1] in harmless or ".".join(parts) in harmless or any(each in harmless for each in packages)


def _mentioning(record: FileRecord, symbol: Symbol, inference: Inference) -> Iterator[FileRecord]:
    """The file of a class, and the others of its language that mention it."""
    yield record
    paths = inference.snapshot.words.files_with(symbol.name)
    if len(paths) > MAX_FILES:
        return
    for path in paths:
        other = inference.names.record(path) if path != record.path else None
        if other is not None and other.language == record.language:
            yield other


def _assigned_to_instances(name: str, text: str) -> Iterator[str]:
    """The attributes that a text gives to an instance: `def tag(request: Request): request.id = ...`."""
    holders = {found[1] or found[2] for found in _named(_INSTANCES, name).finditer(text)}
    for holder in holders - {"self", "cls"}:
        for found in _named(_ATTRIBUTES, holder).finditer(text):
            yield found[1]


_INSTANCES = r"\b(\w+)\s*:\s*[\"']?(?:\w+\.)*NAME\b(?!\s*\[)|^\s*(\w+)\s*=\s*(?:\w+\.)*NAME\("
_ATTRIBUTES = r"^\s*NAME\.(\w+)\s*(?::[^=\n]+)?=(?!=)"


def _is_extended_by_imports(value: Value, record: FileRecord, inference: Inference, current: FileRecord) -> bool:
    """Whether what the current file imports may give members to any class."""
    rules = language_named(record.language).rules.additions
    resolver = inference.snapshot.resolver(current.language)
    sources: list[str] = [current.path, record.path]
    for imported in current.imports:
        found = resolver.sources(imported.module, current.path)
        is_known = bool(found) or resolver.is_package(imported.module, current.path)
        is_of_others = rules.imports and value.kind == "instance" and not is_known
        if is_of_others and not any(_is_below(imported.module, package) for package in rules.imports):
            return True
        sources += found
    if not rules.blanket or value.kind != "instance":
        return False
    texts = (inference.names.record(path) for path in dict.fromkeys(sources))
    return any(_compiled(rules.blanket).search(each.text) for each in texts if each is not None)


def macro_members(members: Container[str], inference: Inference, current: FileRecord) -> Iterator[str]:
    """The macros that the file `current` sees and whose names stand for one of these members."""
    for name, text in _macros(current, inference):
        begins = _WORD.search(text)
        if begins is not None and begins[0] in members:
            yield name


def _macros(record: FileRecord, inference: Inference) -> Iterator[tuple[str, str]]:
    """The macros that a file sees, each with the text that it stands for."""
    pattern = language_named(record.language).rules.additions.macro
    for each in islice(_passed_on(record, inference), MAX_FILES if pattern else 0):
        known = inference.known_macros.get(each.path)
        if known is None:
            known = tuple((found[1], found[2]) for found in _compiled(pattern).finditer(each.text))
            inference.known_macros[each.path] = known
        yield from known


def _declares_by_macro(record: FileRecord, symbol: Symbol, inference: Inference) -> bool:
    """Whether the body of a class uses a macro that stands for declarations."""
    if not language_named(record.language).rules.additions.macro:
        return False
    used = {found[1] for found in _BEFORE_DECLARATION.finditer(_body(record, symbol))}
    return any(name in used and ";" in text for name, text in _macros(record, inference))


def _is_below(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _to_module(definition: Definition, inference: Inference) -> Added:
    record = inference.names.record(definition.path) if definition.path else None
    if record is None:
        return Added()
    rules = language_named(record.language).rules.additions
    if _ANSWERS_FOR_ALL in record.members(""):
        return OPEN
    folder = record.path.rpartition("/")[0]
    words = inference.snapshot.words.files_with(rules.module_word) if rules.module_word else ()
    if any(path.startswith(f"{folder}/" if folder else "") for path in words):
        return OPEN
    if any(_is_open_module(each, definition.module, rules, inference) for each in _passed_on(record, inference)):
        return OPEN
    names = set(_submodules(record, inference))
    if rules.all_names:
        names.update(record.members(""), filter(None, record.imports_by_alias))
    return Added(names=frozenset(names))


def _is_open_module(record: FileRecord, module: str, rules: Additions, inference: Inference) -> bool:
    """Whether a file may define names that nothing shows, or passes on those of another project's file."""
    if record.problems or _named(rules.module, module).search(record.text):
        return True
    resolver = inference.snapshot.resolver(record.language)
    stars = (each for each in record.imports_by_alias.get("", ()) if each.name == "*")
    # a source that is missing is of another project, or left out
    return any(not resolver.sources(each.module, record.path) for each in stars)


def _passed_on(record: FileRecord, inference: Inference) -> Iterator[FileRecord]:
    """A file, and those whose names it offers by star imports, also through others."""
    pending, seen = [record], {record.path}
    while pending:
        checkpoint()
        current = pending.pop()
        yield current
        for path in inference.names.star_sources(current):
            other = inference.names.record(path) if path not in seen else None
            if other is not None:
                seen.add(path)
                pending.append(other)


def _submodules(record: FileRecord, inference: Inference) -> Iterable[str]:
    """The modules inside of a package, which a dot reaches once anybody has imported them."""
    folder, _, name = record.path.rpartition("/")
    if name not in _PACKAGE_FILES:
        return
    start = f"{folder}/" if folder else ""
    for path in inference.snapshot.files:
        if path.startswith(start) and path != record.path:
            first, _, rest = path[len(start) :].partition("/")
            if not rest or rest.endswith(_PACKAGE_FILES):
                yield first.rpartition(".")[0] if not rest else first


def _named(pattern: str, name: str) -> re.Pattern[str]:
    return _compiled(pattern.replace("NAME", re.escape(name))) if pattern else _NEVER


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


_NEVER = re.compile(r"(?!)")
