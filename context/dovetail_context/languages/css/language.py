"""CSS as a `Language`."""

import re

from dovetail_context.languages.css.refine import refine
from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    important inherit initial unset none auto
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

CSS = GenericLanguage(
    Profile(
        name="css",
        suffixes=(".css",),
        wheel="tree_sitter_css",
        package="dovetail_context.languages.css",
        notation=Notation(syntax(line=(), begins=""), KEYWORDS, name=re.compile(r"-{0,2}[^\W\d][\w-]*")),
        rules=TypeRules(open_members=True),
        sees="everything",
        noise=re.compile(r"/\*.*?\*/"),
        opens=re.compile(r"\{"),
        refine=refine,
    )
)
