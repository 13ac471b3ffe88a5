"""Patterns, and the automaton that matches many of them at once."""

from __future__ import annotations

import itertools
import random

import pytest

from dovetail_context.workspace.ignore.patterns import PatternList, parse_pattern
from dovetail_context.workspace.ignore.wildmatch import Automaton, MalformedPattern, tokenize

MATCHES = [
    ("*.py", "a.py", True),
    ("*.py", "dir/a.py", True),
    ("/*.py", "dir/a.py", False),
    ("a/*", "a/b", True),
    ("a/*", "a/b/c", False),
    ("a/**", "a/b/c", True),
    ("a/**/d", "a/d", True),
    ("a/**/d", "a/b/c/d", True),
    ("**/d", "a/b/c/d", True),
    ("/**/d", "d", True),
    ("a/**b", "a/x/b", False),
    ("a/**/**/b", "a/b", True),
    ("?", "é", True),
    ("a?b", "a/b", False),
    ("[a-c]x", "bx", True),
    ("[!a-c]x", "bx", False),
    ("[]-]x", "]x", True),
    ("\\*", "*", True),
    ("\\*", "a", False),
    ("x\\", "x", False),
    ("[", "[", False),
    ("", "x", False),
]


@pytest.mark.parametrize(("pattern", "path", "expected"), MATCHES)
def test_one_pattern(pattern: str, path: str, expected: bool) -> None:
    patterns = PatternList([parse_pattern(pattern)])
    assert patterns.all(path, is_folder=False) == [0] * expected
    assert patterns.last(path, is_folder=False) == (0 if expected else -1)


def test_folders_only() -> None:
    patterns = PatternList([parse_pattern("build/"), parse_pattern("!*d")])
    assert patterns.last("build", is_folder=True) == 1
    assert patterns.all("build", is_folder=True) in ([0, 1], [1, 0])
    assert patterns.all("build", is_folder=False) == [1]
    assert patterns.negated == (False, True)


@pytest.mark.parametrize("pattern", ["[a", "[", "[!", "[]", "[a-", "[\\", "[[:alpha:]", "[[:what:]]", "x\\"])
def test_malformed_patterns_say_what_is_wrong(pattern: str) -> None:
    with pytest.raises(MalformedPattern, match=r"without|unknown|escapes"):
        tokenize(pattern, is_path=False)


def test_many_patterns_at_once_are_each_by_itself() -> None:
    """Tables and automaton must not let patterns change each other, and numbers are those that were given."""
    dice = random.Random(7)
    pieces = ("a", "b", "*", "**", "?", "/", "[ab]", "*a", "a*", ".py", "/**/", "\\a")
    paths = [
        "/".join(parts) for depth in (1, 2, 3) for parts in itertools.product(("a", "b", "ab", "a.py"), repeat=depth)
    ]
    for _ in range(60):
        lines = ["".join(dice.choice(pieces) for _ in range(dice.randint(1, 5))) for _ in range(12)]
        parsed = [parse_pattern(line) for line in lines]
        together = PatternList(parsed)
        alone = [PatternList([pattern]) for pattern in parsed]
        for path in dice.sample(paths, 30):
            expected = [number for number, one in enumerate(alone) if one.all(path, is_folder=True)]
            assert sorted(together.all(path, is_folder=True)) == expected, (lines, path)
            assert together.last(path, is_folder=True) == max(expected, default=-1)


def test_the_automaton_keeps_no_more_than_it_needs() -> None:
    """Names in all scripts must not make it grow without bound."""
    automaton = Automaton([(0, tokenize("*[!a]*", is_path=False), False)])
    for code in range(0x4E00, 0x4E00 + 3000):
        assert automaton.last("", chr(code)) == 0
    assert len(automaton._moves) <= 512
