"""The patterns of rules: names, stems and stars, and what they select. Pure."""

from __future__ import annotations

import pytest

from dovetail.rules.effective import Rules
from dovetail.rules.globs import Globs, fault, first_matching, matching, plain_stem, stem_of
from tests.lsp.rules.rule_texts import rules_of


def test_selections_are_equal_if_they_say_the_same() -> None:
    one = Rules((rules_of('exclude = ["a"]\nnotes = ["x"]'),)).selection
    other = Rules((rules_of('\n\nexclude = ["a"]'),)).selection
    assert one == other
    assert one != Rules((rules_of('exclude = ["b"]'),)).selection


STEMS = {
    "test_money.py": "money",
    "money_test.go": "money",
    "money.test.ts": "money",
    "money.spec.tsx": "money",
    "MoneyTest.java": "Money",
    "MoneyTests.cs": "Money",
    "TestMoney.java": "Money",
    "tests.py": "tests",
    "contest.py": "contest",
    "latest.rs": "latest",
    "testing.py": "testing",
    ".gitignore": ".gitignore",
}


@pytest.mark.parametrize("name", STEMS)
def test_the_stem_of_a_name(name: str) -> None:
    assert plain_stem(f"a/b/{name}") == STEMS[name]


STEM_PATTERNS = [
    ("tests/**/test_{stem}.py", "tests/a/test_b.py", "b"),
    ("test_{stem}_*.py", "test_a_b_c.py", "a_b"),
    ("{stem}/tests/**", "money/tests/deep/x.py", "money"),
    ("tests/**", "tests/test_x.py", "x"),
    ("{stem}.[jt]s", "a.js", None),  # what is special in a pattern but * and ? is not read beside a stem
]


@pytest.mark.parametrize(("pattern", "path", "stem"), STEM_PATTERNS)
def test_the_stem_of_a_pattern(pattern: str, path: str, stem: str | None) -> None:
    assert stem_of(path, pattern) == stem


def test_a_stem_with_special_characters_means_itself() -> None:
    text = "[[rules]]\npaths = ['test_{stem}.py']\nprefer = ['{stem}.py']"
    effective = Rules((rules_of(text),)).for_path("test_[a].py")
    assert list(effective.preferred(("[a].py", "a.py"))) == ["[a].py"]


@pytest.mark.parametrize(
    ("pattern", "name", "stem"),
    [
        ("{stem}_*_*", "a_b_c_d", "a_b"),
        ("*_{stem}", "a_b_c", "c"),
        ("a?{stem}?c", "abXYbc", "XY"),
        ("{stem}", "", None),
        ("{stem}aa", "aaaa", "aa"),
        ("x*{stem}", "xy", "y"),
        ("*" * 300 + "{stem}" + "*x" * 300, "x" * 250, None),
        ("_*" * 60 + "{stem}" + "_*" * 60 + "!", "_" * 250, None),
    ],
)
def test_a_stem_takes_what_the_wildcards_before_it_leave(pattern: str, name: str, stem: str | None) -> None:
    assert stem_of(name, pattern) == stem


def test_a_stem_between_stars_is_no_double_star() -> None:
    assert matching("src/*{stem}/x.py", ["src/a/x.py", "src/a/b/x.py", "src/x.py"]) == ["src/a/x.py"]


def test_what_is_taken_back() -> None:
    files = ["src/a.py", "src/gen/b.py", "src/gen/keep.py"]

    def taken(*patterns: str) -> list[str]:
        globs = Globs(patterns)
        return [path for path in files if globs.deciding(path) is not None]

    assert taken("src/", "!src/gen/") == ["src/a.py"]
    assert taken("src/gen/", "!src/gen/keep.py") == ["src/gen/b.py"]
    assert taken("!src/gen/keep.py", "src/gen/") == ["src/gen/b.py"]  # what names the file itself decides
    assert taken("*.py", "!keep.py", "keep.*") == files


def test_what_holds_at_a_path_is_worked_out_once() -> None:
    rules = Rules((rules_of("exclude = ['x/']\n[[rules]]\npaths = ['*.py']\nnotes = ['n']"),))
    assert rules.for_path("a.py") is rules.for_path("a.py")
    assert rules.selection is rules.selection
    for number in range(1000):
        rules.for_path(f"{number}.py")
    assert len(rules._known) <= 100
    assert rules == Rules((rules_of("exclude = ['x/']\n[[rules]]\npaths = ['*.py']\nnotes = ['n']"),))


def test_preferred_files_come_in_the_order_of_the_patterns() -> None:
    rules = Rules((rules_of("[[rules]]\npaths = ['t.py']\nprefer = ['lib/*.py', 'src/', '*.py']"),))
    files = ["a.py", "src/b.py", "lib/c.py", "src/d.py", "lib/e.go"]
    found = rules.for_path("t.py").preferred(files)
    assert [(path, each.text) for path, each in found.items()] == [
        ("lib/c.py", "lib/*.py"),
        ("src/b.py", "src/"),
        ("src/d.py", "src/"),
        ("a.py", "*.py"),
    ]


def test_the_first_match_of_many_patterns() -> None:
    patterns = [f"{name}/" for name in "abcd"] + ["*.py", "none"]
    paths = [f"{name}/{number}.go" for number in range(3) for name in "dcba"] + ["x.py"]
    expected = {0: "a/0.go", 1: "b/0.go", 2: "c/0.go", 3: "d/0.go", 4: "x.py"}
    assert first_matching(patterns, paths) == expected


def test_patterns_are_those_of_git() -> None:
    files = ("a.py", "src/a.py", "src/deep/a.py", "src.py")
    assert matching("src/", files) == ["src/a.py", "src/deep/a.py"]
    assert matching("/src/a.py", files) == ["src/a.py"]
    assert matching("src/**/a.py", files) == ["src/a.py", "src/deep/a.py"]
    assert matching("a.py", files) == ["a.py", "src/a.py", "src/deep/a.py"]
    assert fault("src/**") is None
