"""Julia as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    abstract baremodule begin break catch const continue do else elseif end export false finally for function
    global if import in isa let local macro module mutable primitive quote return struct true try type using
    where while
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

JULIA = GenericLanguage(
    Profile(
        name="julia",
        suffixes=(".jl",),
        wheel="tree_sitter_julia",
        package="dovetail_context.languages.julia",
        notation=Notation(
            syntax(
                line=("#",),
                blocks=(("#=", "=#"),),
                quotes='"',
                long=('"""',),
                begins="function macro struct mutable module if for while return using import const end",
            ),
            KEYWORDS,
        ),
        rules=TypeRules(open_members=True),
        blocks="end",
        sees="everything",
        noise=re.compile(r"(?<!\S)#[^\n]*"),
        trim="!",
        opens=re.compile(
            r"^[ \t]*(?:function|macro|struct|mutable|module|if|for|while|else|elseif|end|try|let|begin)\b",
            re.MULTILINE,
        ),
    )
)
