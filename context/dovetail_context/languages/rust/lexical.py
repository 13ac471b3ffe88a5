"""How Rust looks character by character: strings and comments, beginnings of statements, braces of literals."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax

KEYWORDS = frozenset(
    """
    as async await break const continue dyn else enum extern false fn for if impl in let loop match mod move mut pub
    ref return static struct trait true type unsafe use where while yield union
    Some None Ok Err Box Vec String Option Result
    bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize
    """.split()  # noqa: SIM905
)
_LITERAL_HEAD = re.compile(r"(?:^|[\s(\[{,&=:|!*])(?:[\w]+\s*::\s*)*[A-Z]\w*(?:::<[^<>]*>)?\s*\Z")
_BLOCK_HEAD = re.compile(r"\b(?:impl|struct|enum|trait|union|mod|fn|for|match|while|if|unsafe|extern)\b|->")


def opens_literal(masked: str, brace: int) -> bool:
    """Whether a brace opens a struct literal (`Money {`), not a block or a definition."""
    start = max(masked.rfind("\n", 0, brace), masked.rfind(";", 0, brace), masked.rfind("{", 0, brace)) + 1
    head = masked[max(start, brace - 200) : brace]
    if _LITERAL_HEAD.search(head) is None:
        return False
    return _BLOCK_HEAD.search(head) is None or head.count("(") > head.count(")")


SYNTAX = BraceSyntax(
    blanked=re.compile(
        r"""//[^\n]*|/\*.*?(?:\*/|\Z)|\bb?r(#*)".*?(?:"\1|\Z)|"(?:\\.|[^"\\])*(?:"|\Z)|'(?:\\[^\n']*|[^\\'\n])'""",
        re.DOTALL,
    ),
    begins=re.compile(
        r"[ \t]*(?:let|fn|pub|use|mod|impl|struct|enum|trait|static|const|type|if|for|while|match|loop|return|unsafe"
        r"|async|#\[|\})(?!\w)"
    ),
    connectors=(".", "::"),
    opens_literal=opens_literal,
)

# Definitions, which stay while they are typed.
DEFINES = re.compile(r"\s*(?:pub\b|fn\b|use\b|mod\b|impl\b|struct\b|enum\b|trait\b|static\b|type\b|#\[)")
