"""What PHP says of names and types outside of its declarations: qualified names in code, and doc comments."""

import re
from collections.abc import Iterator
from dataclasses import replace

from dovetail_context.languages.generic.types import type_text
from dovetail_context.records.record import FileRecord, Import, Symbol
from dovetail_context.records.text import split_lines
from dovetail_context.syntax import SyntaxTree

MAX_DOC_LINES = 40  # of the comment above a definition
IMPLIED = 0  # the line of an import that no statement makes

# It begins with a plain character, for which Python searches fast, and looks back from there.
_QUALIFIED = re.compile(r"\\(?<![\w\\]\\)((?:\w+\\)+)(\w+)")
_DOC_TYPE = r"(?P<type>[\w\\|?]+(?:<[^<>]*(?:<[^<>]*>)?[^<>]*>)?(?:\[\])?)"
_PARAM = re.compile(rf"@param\s+{_DOC_TYPE}\s+(?:\.\.\.)?(?P<name>\$\w+)")
_RETURN = re.compile(rf"@return\s+{_DOC_TYPE}")
_VAR = re.compile(rf"@var\s+{_DOC_TYPE}")
LOCAL = re.compile(rf"@var\s+{_DOC_TYPE}\s+(?P<name>\$\w+)")
_TEMPLATE = re.compile(r"@(?:\w+-)?template(?:-\w+)?\s+(?P<name>\w+)(?:\s+of\s+(?P<bound>[\w\\]+))?")
_BASE = re.compile(rf"@(?:\w+-)?(?:extends|implements|use)\s+{_DOC_TYPE}")
_MEMBER = re.compile(
    rf"@(?P<what>property|property-read|property-write|method)\s+(?:static\s+)?(?:{_DOC_TYPE}\s+)?"
    r"\$?(?P<name>\w+)(?P<arguments>\([^()]*\))?"
)
# Types that a doc comment makes more precise.
_VAGUE = frozenset({"", "array", "iterable", "mixed", "object", "self", "static"})


def refine(record: FileRecord, tree: SyntaxTree) -> FileRecord:
    """Add the imports that qualified names imply, and the types and members that doc comments declare."""
    known = {imported.alias for imported in record.imports}
    implied: dict[str, Import] = {}
    for match in _QUALIFIED.finditer(record.text):
        if match[2] not in known:
            implied.setdefault(match[2], Import((match[1] + match[2]).replace("\\", "."), match[2], match[2], IMPLIED))
    lines = split_lines(record.text)
    symbols = [_documented(symbol, lines) for symbol in record.symbols]
    for symbol in record.symbols:
        if symbol.kind == "class":
            symbols.extend(_magic(symbol, _doc_above(lines, symbol.start_line)))
    return replace(record, symbols=tuple(symbols), imports=(*record.imports, *implied.values()))


def _documented(symbol: Symbol, lines: list[str]) -> Symbol:
    doc = _doc_above(lines, symbol.start_line)
    if "@" not in doc:
        return symbol
    if symbol.kind == "class":
        return _generic(symbol, doc)
    found = (_VAR if symbol.kind in ("field", "variable") else _RETURN).search(doc)
    if found is not None and (precise := _precise(symbol.type, found["type"])) != symbol.type:
        symbol = symbol._replace(type=precise, value="")
    types = {match["name"]: match["type"] for match in _PARAM.finditer(doc)}
    if types:
        parameters = tuple((name, _precise(type_, types.get(name, ""))) for name, type_ in symbol.parameters)
        symbol = symbol._replace(parameters=parameters)
    return symbol


def _precise(type_: str, documented: str) -> str:
    """The type that a doc comment gives where it is more precise than the declared one, else that."""
    precise = type_text(documented)
    is_more = type_ in _VAGUE or precise.startswith(f"{type_}[")
    return precise if precise and is_more else type_


def _generic(symbol: Symbol, doc: str) -> Symbol:
    """A class with its type parameters, and the arguments that it gives to those of its bases."""
    own = tuple((match["name"], type_text(match["bound"] or "")) for match in _TEMPLATE.finditer(doc))
    given = {}
    for match in _BASE.finditer(doc):
        type_ = type_text(match["type"])
        given[type_.partition("[")[0]] = type_
    bases = tuple(given.get(base, base) for base in symbol.bases)
    return symbol._replace(bases=bases, type_parameters=own or symbol.type_parameters)


def _magic(symbol: Symbol, doc: str) -> Iterator[Symbol]:
    """The members that a class declares in its doc comment alone."""
    for match in _MEMBER.finditer(doc) if "@" in doc else ():
        is_method = match["what"] == "method"
        type_ = type_text(match["type"] or "")
        shown = f"{match['name']}{match['arguments'] or '()'}" if is_method else f"${match['name']}"
        yield Symbol(
            name=match["name"],
            kind="method" if is_method else "field",
            container=symbol.qualified,
            start_line=symbol.start_line,
            end_line=symbol.start_line,
            signature=f"{match['type'] or 'mixed'} {shown}",
            type=type_,
        )


def _doc_above(lines: list[str], start_line: int) -> str:
    """The doc comment directly above a line, attributes between them left out; "" if there is none."""
    end = start_line - 1
    while end > 0 and lines[end - 1].lstrip().startswith("#["):
        end -= 1
    if not end or not lines[end - 1].rstrip().endswith("*/"):
        return ""
    start = end - 1
    while start > 0 and end - start < MAX_DOC_LINES and not lines[start].lstrip().startswith("/**"):
        start -= 1
    return "\n".join(lines[start:end])
