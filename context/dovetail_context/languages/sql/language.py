"""SQL as a `Language`."""

import re

from dovetail_context.languages.generic.families import syntax
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.generic.notation import Notation
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.language import TypeRules

KEYWORDS = frozenset(
    """
    select from where and or not in is null insert into update delete set values create table view index as on
    join left right inner outer group by order having limit SELECT FROM WHERE AND OR NOT IN IS NULL INSERT
    INTO UPDATE DELETE SET VALUES CREATE TABLE VIEW INDEX AS ON JOIN LEFT RIGHT INNER OUTER GROUP BY ORDER
    HAVING LIMIT
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)

SQL = GenericLanguage(
    Profile(
        name="sql",
        suffixes=(".sql", ".ddl", ".pgsql"),
        wheel="tree_sitter_sql",
        package="dovetail_context.languages.sql",
        notation=Notation(
            syntax(
                line=("--",),
                quotes="'",
                begins="select SELECT insert INSERT update UPDATE delete DELETE create CREATE alter ALTER with WITH",
            ),
            KEYWORDS,
        ),
        rules=TypeRules(open_members=True),
        blocks="parentheses",
        sees="everything",
        noise=re.compile(r"--[^\n]*"),
        opens=re.compile(r"\b(?:create|CREATE)\b"),
    )
)
