"""TypeScript read character by character around a cursor: what its strings, comments and statements look like."""

import re

from dovetail_context.languages.braces import scan
from dovetail_context.languages.braces.scan import BraceSyntax, open_brackets

_TEMPLATE = r"`(?:\\.|[^`\\])*`"
_BLANKED = re.compile(
    rf"//[^\n]*|/\*.*?(?:\*/|\Z)|{_TEMPLATE}|`[^\n]*"
    r'|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?'
    r"|(?<=[(,=:\[!&|?{};\n ])/(?![*/ =])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*",
    re.DOTALL,
)
_SUBSTITUTION = re.compile(r"\$\{[^{}`]*\}?")
_NOT_LINE_END = re.compile(r"[^\n]")
_BEGINS = re.compile(
    r"[ \t]*(?:(?:export|import|declare|const|let|var|function|async[ \t]+function|class|abstract[ \t]+class|interface"
    r"|enum|namespace|return|if|else|for|while|do|switch|case|throw|try|public|private|protected|static|readonly)\b"
    r"|@\w|type[ \t]+[\w$]+[ \t]*[=<])"
)

SYNTAX = BraceSyntax(
    blanked=_BLANKED,
    begins=_BEGINS,
    connectors=("?.", "!.", "."),
    line_ends_it=True,
)
KEYWORDS = frozenset(
    """
    abstract any as asserts async await boolean break case catch class const continue debugger declare default delete do
    else enum export extends false finally for from function if implements import in infer instanceof interface is
    keyof let namespace never new null number of package private protected public readonly require return satisfies
    static string switch symbol throw true try type typeof undefined unique unknown using var void while with yield
    """.split()  # noqa: SIM905
)


def mask(text: str) -> str:
    """The text with strings, comments and regular expressions blanked, every character in its place.

    Quotes stay, as strings are values; so does the code inside a template's `${...}`. The sign of private names goes.
    """
    return _BLANKED.sub(_blank, text).replace(".#", ". ")


def statement_start(masked: str, offset: int) -> int:
    """Where the statement around `offset` starts. Few semicolons are written: a line's end may end a statement."""
    outermost = min(open_brackets(masked, offset, SYNTAX), default=offset)
    return scan.statement_start(masked, outermost, SYNTAX)


def _blank(match: re.Match[str]) -> str:
    found = match[0]
    if found.startswith(("//", "/*")):
        return _NOT_LINE_END.sub(" ", found)
    if found[0] == "/" or len(found) < 2:
        return "0" + " " * (len(found) - 1) if found[0] == "/" else found
    if found[0] != "`" or "${" not in found:
        return found[0] + _NOT_LINE_END.sub(" ", found[1:-1]) + found[-1]
    blanked, end = [found[0]], 1
    for code in _SUBSTITUTION.finditer(found):
        blanked.append(_NOT_LINE_END.sub(" ", found[end : code.start()] + "$"))
        blanked.append(code[0][1:])
        end = code.end()
    return (
        "".join(blanked) + _NOT_LINE_END.sub(" ", found[end:-1]) + found[-1:] if end < len(found) else "".join(blanked)
    )
