"""Scala as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    abstract case catch class def do else enum export extends extension false final finally for forSome given
    if implicit import lazy match new null object override package private protected return sealed super then
    this throw trait true try type using val var while with yield
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

SCALA = GenericLanguage(
    Profile(
        name="scala",
        suffixes=(".scala", ".sc"),
        wheel="tree_sitter_scala",
        package="dovetail_context.languages.scala",
        notation=Notation(
            syntax(
                begins="def val var class object trait case if for while return throw import package", long=('"""',)
            ),
            KEYWORDS,
            creates="new",
        ),
        rules=TypeRules(
            elements={**dict.fromkeys("List Seq Vector Set Option Array Iterable Future".split(), 0), "Map": 1},  # noqa: SIM905
            accessors={"head": "[]", "last": "[]", "get": "[]", "getOrElse": "[]", "filter": "", "sorted": ""},
            receivers=frozenset({"self", "this"}),
            ignored=frozenset({"Unit", "Int", "String", "Boolean", "Double", "Any", "Long"}),
            implicit_members=True,
            reexports=False,
            constructor="this",
            overloads=True,
            hidden_members=False,
            open_members=True,
        ),
        noise=re.compile(r"@\w+(?:\([^()]*\))?\s*|//[^\n]*|/\*.*?\*/"),
        hidden=re.compile(r"^(?:\w+\s+)*?private\b"),
        opens=re.compile(r"\b(?:def|class|object|trait|package|import)\b"),
    )
)
