"""What strings, comments and beginnings of statements look like in Java."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax

KEYWORDS = frozenset(
    """
    abstract assert boolean break byte case catch char class const continue default do double else enum extends final
    finally float for goto if implements import instanceof int interface long native new package private protected
    public record return sealed short static strictfp switch synchronized throw throws transient try void volatile
    while yield var null true false permits
    """.split()  # noqa: SIM905
)
SYNTAX = BraceSyntax(
    blanked=re.compile(
        r'"""(?:\\.|[^\\])*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*(?:"|$)|\'(?:\\.|[^\'\\\n])*(?:\'|$)'
        r"|//[^\n]*|/\*.*?(?:\*/|\Z)",
        re.DOTALL | re.MULTILINE,
    ),
    begins=re.compile(
        r"[ \t]*(?:(?:public|private|protected|static|final|abstract|class|interface|enum|if|for|while|do|try|return"
        r"|throw|break|continue|switch|case|import|package)\b|\}|@(?:Override|Test)\b)"
    ),
    connectors=("::", "."),
    prefixes=frozenset({"new"}),
)

# Definitions, which stay while they are typed.
DEFINES = re.compile(r"(?:import|package)\b|[^;{}=()]*\b(?:class|interface|enum|record)\s+\w")
