"""A file reduced to its declarations, by lines: signatures with `...` for bodies, and whole bodies where they are
asked for. Pure.

Every language here declares on lines of its own, so regular expressions over lines and indentation do; this is
material to
learn from, not the product's reducer.
"""

import re
from collections.abc import Set
from dataclasses import dataclass

_MODIFIER_WORDS = (
    "export default declare public private protected internal static final abstract async unsafe const extern inline "
    "virtual override readonly"
)
_MODIFIERS = rf"(?:(?:{_MODIFIER_WORDS.replace(' ', '|')}|pub(?:\([\w:]+\))?)\s+)*"
_DECLARATION = {  # each alternative: (indentation)...(name)
    "python": re.compile(r"^(\s*)(?:async\s+def|def|class)\s+(\w+)|^()([A-Z_]\w*)\s*(?::[^=]+)?=[^=]"),
    "go": re.compile(r"^()(?:func\s+(?:\([^)]*\)\s*)?|type\s+|const\s+|var\s+)(\w+)"),
    "rust": re.compile(
        rf"^(\s*){_MODIFIERS}(?:fn|struct|enum|trait|type|mod|union|const|static|macro_rules!)\s+(\w+)"
        r"|^(\s*)impl\b[^{]*?(\w+)[^{\w]*\{"
    ),
    "java": re.compile(
        rf"^(\s*){_MODIFIERS}(?:class|interface|enum|record|@interface)\s+(\w+)"
        rf"|^(\s+){_MODIFIERS}(?:<[^>]+>\s+)?[\w.<>\[\], ?]+\s+(\w+)\s*\([^;=]*$"
    ),
    "typescript": re.compile(
        rf"^(\s*){_MODIFIERS}(?:class|interface|enum|type|function\*?|namespace|const|let)\s+(\w+)"
        rf"|^(\s+){_MODIFIERS}(?:get\s+|set\s+)?(\w+)\s*(?:<[^>]*>)?\([^)]*\)\s*(?::[^{{]+)?\{{\s*$"
    ),
    "c": re.compile(
        r"^()(?:typedef\s+)?(?:struct|enum|union)\s+(\w+)\s*\{|^()[A-Za-z_][\w\s\*]*?\b(\w+)\s*\([^;]*$|^()#define\s+(\w+)"
    ),
}
_DECLARATION["javascript"] = _DECLARATION["typescript"]
_DECLARATION["cpp"] = re.compile(
    r"^(\s*)(?:template\s*<[^>]*>\s*)?(?:class|struct|enum(?:\s+class)?|namespace|using)\s+(\w+)"
    r"|^(\s*)[A-Za-z_][\w\s\*&:<>,~]*?\b(\w+)\s*\([^;]*\)[^;]*\{?\s*$"
)
_KEYWORDS = frozenset(
    [
        "if",
        "for",
        "while",
        "switch",
        "return",
        "else",
        "catch",
        "do",
        "try",
        "new",
        "throw",
        "sizeof",
        "await",
        "yield",
        "match",
        "loop",
        "super",
        "this",
        "constructor",
    ]
)
MAX_SIGNATURE_LINES = 8  # longer ones are cut


@dataclass(frozen=True, slots=True)
class Declaration:
    """A named thing of a file. Lines are 0-based; `end` is the line after its last."""

    name: str
    indent: int
    start: int
    signature_end: int
    end: int


def declarations(text: str, language: str) -> list[Declaration]:
    """All declarations, in order, nested ones included."""
    lines = text.split("\n")
    pattern = _DECLARATION[language]
    found = []
    for number, line in enumerate(lines):
        match = pattern.match(line) if line and len(line) < 300 else None
        if match is None:
            continue
        indent, name = next(
            (groups for groups in zip(match.groups()[::2], match.groups()[1::2], strict=True) if groups[1]), ("", "")
        )
        if name and (name not in _KEYWORDS or (language == "rust" and name == "new")):
            found.append(_with_extent(name, len(indent), number, lines, language))
    return found


def outline(text: str, language: str, bodies: Set[str], wanted: Set[str] | None = None) -> str:
    """Declarations only; those named in `bodies` whole. With `wanted`, only these, their members and what encloses
    them."""
    lines = text.split("\n")
    chosen = declarations(text, language)
    kept: list[str] = []
    shown_until = 0
    for place, declaration in enumerate(chosen):
        if declaration.start < shown_until or (wanted is not None and not _belongs(declaration, chosen, place, wanted)):
            continue
        if declaration.name in bodies:
            kept += lines[declaration.start : declaration.end]
            shown_until = declaration.end
            continue
        signature = lines[declaration.start : min(declaration.signature_end, declaration.start + MAX_SIGNATURE_LINES)]
        contains = (
            place + 1 < len(chosen)
            and chosen[place + 1].start < declaration.end
            and chosen[place + 1].indent > declaration.indent
        )
        if not contains and declaration.end > declaration.signature_end:
            signature[-1] = _closed(signature[-1], language)
        kept += signature
        shown_until = declaration.signature_end
    return "\n".join(kept)


def _belongs(declaration: Declaration, chosen: list[Declaration], place: int, wanted: Set[str]) -> bool:
    if declaration.name in wanted:
        return True
    around = (other for other in chosen[:place] if other.end >= declaration.end and other.indent < declaration.indent)
    inside = (other for other in chosen[place + 1 :] if other.start < declaration.end)
    return any(other.name in wanted for other in around) or any(other.name in wanted for other in inside)


def _with_extent(name: str, indent: int, start: int, lines: list[str], language: str) -> Declaration:
    depth = 0
    signature_end = start + 1
    for number in range(start, min(len(lines), start + 30)):
        line = lines[number]
        depth += line.count("(") + line.count("[") - line.count(")") - line.count("]")
        if depth <= 0:
            signature_end = number + 1
            break
    end = signature_end
    while end < len(lines):
        line = lines[end]
        stripped = line.strip()
        if stripped and len(line) - len(line.lstrip()) <= indent:
            if language != "python" and stripped[0] in "}])":
                end += 1
            break
        end += 1
    while end > signature_end and not lines[end - 1].strip():
        end -= 1
    return Declaration(name, indent, start, signature_end, end)


def _closed(signature: str, language: str) -> str:
    if language == "python":
        return f"{signature} ..." if signature.rstrip().endswith(":") else signature
    return f"{signature} ... }}" if signature.rstrip().endswith("{") else signature
