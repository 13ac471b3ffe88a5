"""What strings, comments and beginnings of statements look like in C#."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax, opens_literal

KEYWORDS = frozenset(
    """
    abstract as async await bool break byte case catch char checked class const continue decimal default delegate do
    double else enum event explicit extern false finally fixed float for foreach global goto if implicit in init int
    interface internal is lock long namespace new null object operator out override params partial private protected
    public readonly record ref required return sbyte sealed set short sizeof stackalloc static string struct switch
    throw true try typeof uint ulong unchecked unsafe ushort using var virtual void volatile when where while with yield
    """.split()  # noqa: SIM905
)
# An object's initializer, a pattern's properties, the arms of a switch expression, the changes of a copied record.
_BEFORE_BRACE = re.compile(
    r"\b(?:(?:new|is|not|and|or|case)\s+(?!(?:null|true|false)\b)[\w.]+(?:\s*<[^(){};]*>)?\s*(?:\([^{};]*\))?"
    r"|with|switch|new\s*\(\))\s*\Z"
)


def _opens_literal(masked: str, brace: int) -> bool:
    return opens_literal(masked, brace) or _BEFORE_BRACE.search(masked, max(0, brace - 120), brace) is not None


SYNTAX = BraceSyntax(
    blanked=re.compile(
        r'\$*"""+(?:[^"]|"(?!""))*(?:"""+|\Z)|\$?@\$?"(?:[^"]|"")*(?:"|\Z)|\$?"(?:\\.|[^"\\\n])*(?:"|$)'
        r"|'(?:\\.|[^'\\\n])*(?:'|$)|//[^\n]*|/\*.*?(?:\*/|\Z)|^[ \t]*#[^\n]*",
        re.DOTALL | re.MULTILINE,
    ),
    begins=re.compile(
        r"[ \t]*(?:(?:public|private|protected|internal|static|class|interface|enum|struct|namespace|if|for|foreach"
        r"|while|do|try|return|throw|break|continue|switch|case|lock|var)\b|using[ \t]|\})"
    ),
    comment_marks=("//", "/*", "#", " ", "\t"),
    connectors=("?.", "!.", "."),
    prefixes=frozenset({"new", "await"}),
    opens_literal=_opens_literal,
    holes=re.compile(r"(?<!\{)\{(?!\{)([^{}\"]*)"),
)

# Definitions, which stay while they are typed.
DEFINES = re.compile(
    r"(?:global\s+)?using\s+[\w.=\s]*;|namespace\b|[^;{}=()]*\b(?:class|interface|enum|struct|record)\s+\w"
)
