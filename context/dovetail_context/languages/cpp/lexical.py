"""How C and C++ look character by character: strings and comments, beginnings of statements, connectors."""

import re

from dovetail_context.languages.braces.scan import BraceSyntax

KEYWORDS = frozenset(
    """
    alignas alignof asm auto bool break case catch char char16_t char32_t class const consteval constexpr constinit
    const_cast continue co_await co_return co_yield decltype default delete do double dynamic_cast else enum explicit
    extern false float for friend goto if inline int long mutable namespace new noexcept nullptr NULL operator private
    protected public register reinterpret_cast requires return short signed sizeof static static_assert static_cast
    struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void
    volatile wchar_t while std size_t uint8_t uint16_t uint32_t uint64_t int8_t int16_t int32_t int64_t defined
    """.split()  # noqa: SIM905
)
SYNTAX = BraceSyntax(
    blanked=re.compile(
        r"""//[^\n]*|/\*.*?(?:\*/|\Z)|\bR"(\w*)\(.*?(?:\)\1"|\Z)|"(?:\\.|[^"\\\n])*"?|(?<!\w)'(?:\\.|[^'\\\n])+'?""",
        re.DOTALL,
    ),
    begins=re.compile(
        r"[ \t]*(?:if|for|while|switch|case|default|return|do|else|break|continue|goto|using|typedef|template|namespace"
        r"|static|const|auto|class|struct|union|enum|public|private|protected|try|catch|\#|\})(?!\w)"
    ),
    connectors=(".", "->", "::"),
    prefixes=frozenset({"new"}),
)

# Definitions, which stay while they are typed.
DEFINES = re.compile(r"\s*(?:#|(?:class|struct|union|enum|namespace|template|using|typedef)\b)")
