"""Rules from a text, for the tests of rules."""

from dovetail.rules.keys import ProjectRules
from dovetail.rules.parse import parse_rules

FILE = ".dovetail.toml"


def rules_of(text: str) -> ProjectRules:
    """Return the rules that a sound text states."""
    parsed = parse_rules(text, FILE)
    assert parsed.problems == () and parsed.rules is not None
    return parsed.rules
