"""Bash as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    if then else elif fi for while until do done case esac function in select return break continue local
    export readonly declare source echo exit set unset shift
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

BASH = GenericLanguage(
    Profile(
        name="bash",
        suffixes=(".sh", ".bash", ".zsh", ".bats"),
        wheel="tree_sitter_bash",
        package="dovetail_context.languages.bash",
        notation=Notation(
            syntax(
                line=("#",), blocks=(), begins="if for while until case function return local export readonly declare"
            ),
            KEYWORDS,
        ),
        rules=TypeRules(open_members=True),
        sees="nothing",
        noise=re.compile(r"(?<!\S)#[^\n]*"),
        opens=re.compile(r"\b(?:then|do|else|elif|fi|done|esac|function)\b|\(\)"),
    )
)
