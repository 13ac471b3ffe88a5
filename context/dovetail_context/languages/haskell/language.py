"""Haskell as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    case class data default deriving do else family foreign forall if import in infix infixl infixr instance
    let module newtype of qualified then type where hiding
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

HASKELL = GenericLanguage(
    Profile(
        name="haskell",
        suffixes=(".hs",),
        wheel="tree_sitter_haskell",
        package="dovetail_context.languages.haskell",
        notation=Notation(
            syntax(
                line=("--",),
                blocks=(("{-", "-}"),),
                quotes='"',
                begins="module import data newtype class instance type where",
            ),
            KEYWORDS,
        ),
        rules=TypeRules(open_members=True),
        blocks="indent",
        sees="nothing",
        noise=re.compile(r"--[^\n]*"),
        opens=re.compile(r"^(?:module|import|data|newtype|class|instance|type)\b|::|\bwhere\b", re.MULTILINE),
    )
)
