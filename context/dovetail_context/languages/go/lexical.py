"""How Go looks character by character: strings and comments, beginnings of statements, braces of literals."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax

_BLOCK_HEAD = re.compile(r"\b(?:func|if|for|switch|select|else|struct|interface)\b|:\s*\Z")
_LITERAL_HEAD = re.compile(r"[\w\]})]\s*\Z")
KEYWORDS = frozenset(
    """
    break case chan const continue default defer else fallthrough for func go goto if import interface map package
    range return select struct switch type var nil true false iota
    append cap clear close complex copy delete imag len make max min new panic print println real recover
    any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string
    uint uint8 uint16 uint32 uint64 uintptr
    """.split()  # noqa: SIM905
)


def opens_literal(masked: str, brace: int) -> bool:
    """Whether a brace opens a composite literal: behind a type, or as an element of a list of literals."""
    line_start = masked.rfind("\n", 0, brace) + 1
    head = masked[line_start:brace]
    if not head.strip():
        return masked[:line_start].rstrip()[-1:] in (",", "{")
    if _BLOCK_HEAD.search(head):
        # `[]struct{...}{` and the literal in `if x == (T{`
        return head.rstrip().endswith("}") or (head.count("(") > head.count(")") and "func" not in head)
    return _LITERAL_HEAD.search(head) is not None and not head.lstrip().startswith((")", "}"))


SYNTAX = BraceSyntax(
    blanked=re.compile(
        r"""//[^\n]*|/\*.*?(?:\*/|\Z)|`[^`]*(?:`|\Z)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])+'?""", re.DOTALL
    ),
    begins=re.compile(
        r"(?:func|type|var|const|import|package)\b|\}"
        r"|[ \t]*(?:if|for|switch|select|case|default|return|defer|go|var|const|break|continue|goto|else)\b"
        r"|[ \t]*[\w.]+(?:,[ \t]*[\w.]+)*[ \t]*:="
    ),
    line_ends_it=True,
    opens_literal=opens_literal,
)

# Definitions, which stay while they are typed: at the beginning of a line.
DEFINES = re.compile(r"(?<![^\n])(?:func|type|var|const|import|package)\b")
