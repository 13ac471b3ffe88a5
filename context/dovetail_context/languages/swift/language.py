"""Swift as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    actor associatedtype as async await break case catch class continue default defer deinit do else enum
    extension fallthrough false fileprivate final for func guard if import in init inout internal is lazy let
    mutating nil nonisolated open operator override private protocol public repeat required rethrows return
    self some static struct subscript super switch throw throws true try typealias unowned var weak where
    while
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

SWIFT = GenericLanguage(
    Profile(
        name="swift",
        suffixes=(".swift",),
        wheel="tree_sitter_swift",
        package="dovetail_context.languages.swift",
        notation=Notation(
            syntax(
                begins="func let var class struct enum protocol extension if for while guard return throw import init",
                long=('"""',),
                connectors=("?.", "."),
            ),
            KEYWORDS,
            connectors=("?.", "."),
            default=("??",),
        ),
        rules=TypeRules(
            elements={"Array": 0, "Set": 0, "Optional": 0, "Dictionary": 1},
            accessors={"first": "[]", "last": "[]", "filter": "", "sorted": "", "reversed": ""},
            receivers=frozenset({"self"}),
            own_type=frozenset({"Self"}),
            ignored=frozenset({"Void", "Int", "String", "Bool", "Double", "Float", "Any"}),
            implicit_members=True,
            reexports=False,
            constructor="init",
            overloads=True,
            partial_classes=True,
            hidden_members=False,
            open_members=True,
        ),
        noise=re.compile(r"@\w+(?:\([^()]*\))?\s*|//[^\n]*|/\*.*?\*/|\bpublic\s+"),
        hidden=re.compile(r"^(?:\w+\s+)*?(?:private|fileprivate)\b"),
        sees="everything",
        reopens="extension",
        opens=re.compile(r"\b(?:func|class|struct|enum|protocol|extension|import)\b"),
    )
)
