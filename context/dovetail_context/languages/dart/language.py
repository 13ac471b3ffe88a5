"""Dart as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    abstract as assert async await base break case catch class const continue covariant default deferred do
    dynamic else enum export extends extension external factory false final finally for get if implements
    import in interface is late library mixin new null on operator part required rethrow return sealed set
    show static super switch sync this throw true try typedef var void when while with yield
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

DART = GenericLanguage(
    Profile(
        name="dart",
        suffixes=(".dart",),
        wheel="tree_sitter_dart",
        package="dovetail_context.languages.dart",
        notation=Notation(
            syntax(
                begins="class final var const static void if for while return throw import",
                long=('"""', "'''"),
                connectors=("?.", "..", "."),
            ),
            KEYWORDS,
            connectors=("?.", "..", "."),
            creates="new",
            default=("??",),
        ),
        rules=TypeRules(
            elements={**dict.fromkeys("List Set Iterable Future Stream".split(), 0), "Map": 1},  # noqa: SIM905
            accessors={"first": "[]", "last": "[]", "firstWhere": "[]", "where": "", "toList": ""},
            receivers=frozenset({"self"}),
            ignored=frozenset({"void", "int", "double", "String", "bool", "dynamic", "num", "Object"}),
            implicit_members=True,
            constructor="",
            hidden_members=False,
            open_members=True,
        ),
        sees="nothing",
        noise=re.compile(r"@\w+(?:\([^()]*\))?\s*|//[^\n]*|/\*.*?\*/"),
        hidden_name=re.compile(r"_"),
        bodies_apart=True,
        reopens="extension",
        opens=re.compile(r"\b(?:class|mixin|enum|extension|import)\b"),
    )
)
