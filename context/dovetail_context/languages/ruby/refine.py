"""What Ruby says of names and types by convention: constants load their files, accessors, comments with types.

A constant needs no import, as autoloaders find its file by its name. So each constant that a file mentions counts as
imported; the resolver finds the file that defines it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dovetail_context.languages.generic.extract import DEFINES
from dovetail_context.languages.generic.names import named_type
from dovetail_context.languages.generic.resolve import NAMESPACE
from dovetail_context.records.record import FileRecord, Import, Symbol
from dovetail_context.records.text import split_lines
from dovetail_context.syntax import SyntaxTree

MAX_DOC_LINES = 12  # of the comments above a method
IMPLIED = 0  # the line of an import that no statement makes

# It begins with a capital, for which Python searches fast, and looks back from there.
_CONSTANT = re.compile(r"[A-Z](?:(?<![\w.:@$'\"#][A-Z])|(?<=::[A-Z])(?<![\w.:@$'\"#]::[A-Z]))\w*(?:::[A-Z]\w*)*")
_ACCESSOR = re.compile(
    r"(attr_\w+|delegate|scope|define_method|alias_method|has_\w+|belongs_to|attribute|option|let)\b"
)
_RBS = re.compile(r"#:\s*(?P<parameters>\(.*\))?\s*(?:\?\s*\{.*\}|\{.*\})?\s*->\s*(?P<returns>[^#]+)")
_RBS_VALUE = re.compile(r"#:\s*(?P<type>[A-Z][\w:]*(?:\[[^\]]*\])?)\??\s*$")
_RBS_PARAMETER = re.compile(r"(?:(?P<key>\w+):\s*)?(?P<type>[A-Z][\w:]*(?:\[[^\[\]]*\])?)\??(?:\s+(?P<name>\w+))?")
_SIG = re.compile(r"\bsig\b.*?\{(?P<body>.*?)\}\s*$", re.DOTALL)
_SIG_PARAMETER = re.compile(r"(?P<name>\w+):\s*(?:T\.nilable\()?(?P<type>[A-Z][\w:]*)")
_SIG_RETURNS = re.compile(r"returns\((?:T\.nilable\()?(?P<type>[A-Z][\w:]*(?:\[[\w:]+\])?)")
_YARD_PARAMETER = re.compile(r"@param\s+(?:(?P<name>\w+)\s+)?\[(?P<type>[A-Z][\w:]*)[^\]]*\](?:\s+(?P<after>\w+))?")
_YARD_RETURNS = re.compile(r"@return\s+\[(?P<type>[A-Z][\w:]*)")


def refine(record: FileRecord, tree: SyntaxTree) -> FileRecord:
    """Add constants as imports, and types from comments and from names."""
    lines = split_lines(record.text)
    kept = list(_with_members(record.symbols))
    symbols = tuple(_typed(symbol, lines) for symbol in kept)
    used = {name for symbol in kept if not symbol.container for name in (DEFINES, symbol.name)}
    packages = tuple(
        each for each in record.packages if not each.startswith(DEFINES) or each.rpartition(".")[2].split()[-1] in used
    )
    return replace(record, symbols=symbols, imports=(*record.imports, *_constants(record, symbols)), packages=packages)


def _constants(record: FileRecord, symbols: Iterable[Symbol]) -> Iterator[Import]:
    """The constants of a file, and the classes that its names speak of."""
    own = {symbol.name for symbol in symbols if not symbol.container}
    written = dict.fromkeys(match[0].replace("::", ".") for match in _CONSTANT.finditer(record.text))
    for symbol in symbols:
        for name, type_ in symbol.parameters:
            written.setdefault(type_ or named_type(name))
        written.setdefault(symbol.type or named_type(symbol.name))
    aliases: dict[str, str] = {}
    for name in written:
        if name and name[0].isupper() and "[" not in name:
            last = name.rpartition(".")[2]
            if len(name) > len(aliases.get(last, "")):
                aliases[last] = name
    for last, name in aliases.items():
        if last not in own:
            yield Import(name, last, last, IMPLIED)
    for namespace in dict.fromkeys(name.rpartition(".")[0] for name in written if "." in name):
        last = namespace.rpartition(".")[2]
        if last not in own:
            yield Import(NAMESPACE + namespace, "", last, IMPLIED)


def _with_members(symbols: tuple[Symbol, ...]) -> Iterator[Symbol]:
    """The symbols without the modules that only hold classes: every file of a library opens its module again."""
    holders = {symbol.container for symbol in symbols}
    for symbol in symbols:
        if symbol.kind != "class" or not symbol.signature.startswith("module") or symbol.name in holders:
            yield symbol


def _typed(symbol: Symbol, lines: list[str]) -> Symbol:
    if symbol.kind == "class" or symbol.type:
        return symbol
    accessor = _ACCESSOR.match(symbol.signature)
    above = _comments_above(lines, symbol.start_line)
    if accessor is not None:
        return _accessor(symbol, accessor[1], above)
    if symbol.kind == "field":
        is_known = symbol.value or symbol.name[:1].isupper()
        return symbol if is_known else symbol._replace(type=named_type(symbol.name))
    returns, types = _declared(symbol, above)
    parameters = tuple((name, types.get(name, "")) for name, _ in symbol.parameters)
    symbol = symbol._replace(parameters=parameters)
    if returns:
        return symbol._replace(type=returns, value="")
    return symbol if symbol.value else symbol._replace(type=named_type(symbol.name))


def _accessor(symbol: Symbol, what: str, above: str) -> Symbol:
    symbol = symbol._replace(signature=f"{what} :{symbol.name}", parameters=())
    declared = _RBS_VALUE.search(above.rpartition("\n")[2])
    if declared is not None:
        return symbol._replace(type=_plain(declared["type"]), value="")
    if what.startswith("attr_"):
        return symbol._replace(value=f"self.{symbol.name}")
    if what == "has_many":
        return symbol._replace(type=f"Array[{named_type(symbol.name.removesuffix('s'))}]", value="")
    return symbol._replace(type=named_type(symbol.name), value="")


def _declared(symbol: Symbol, above: str) -> tuple[str, dict[str, str]]:
    """The type that comments above a method declare for its result, and those of its parameters by name."""
    types: dict[str, str] = {}
    rbs = _RBS.search(above)
    if rbs is not None:
        positional = [name for name, _ in symbol.parameters]
        for place, match in enumerate(_RBS_PARAMETER.finditer(rbs["parameters"] or "")):
            name = match["key"] or match["name"] or (positional[place] if place < len(positional) else "")
            types[name] = _plain(match["type"])
        returns = rbs["returns"].strip().rstrip("?")
        return (_plain(returns) if returns[:1].isupper() else ""), types
    sig = _SIG.search(above)
    if sig is not None:
        found = _SIG_RETURNS.search(sig["body"])
        types = {match["name"]: _plain(match["type"]) for match in _SIG_PARAMETER.finditer(sig["body"])}
        return (_plain(found["type"]) if found else ""), types
    found = _YARD_RETURNS.search(above)
    for match in _YARD_PARAMETER.finditer(above):
        types[match["name"] or match["after"] or ""] = _plain(match["type"])
    return (_plain(found["type"]) if found else ""), types


def _plain(type_: str) -> str:
    """A type with the last names of its constants."""
    return re.sub(r"(?:\w+::)+", "", type_)


def _comments_above(lines: list[str], start_line: int) -> str:
    """The comments and the `sig` directly above a line."""
    start = start_line - 1
    while start > 0 and start_line - start <= MAX_DOC_LINES and _is_above(lines[start - 1].strip()):
        start -= 1
    return "\n".join(lines[start : start_line - 1])


def _is_above(line: str) -> bool:
    return line.startswith(("#", "sig ", "sig{", "end.returns", "params(", "}"))
