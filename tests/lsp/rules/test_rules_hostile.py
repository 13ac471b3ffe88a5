"""Rules from untrusted authors: none stalls the server, and each error is reported in one line."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from dovetail.rules.effective import Rules
from dovetail.rules.keys import ProjectRules
from dovetail.rules.live import MAX_BYTES, WorkspaceRules
from dovetail.rules.parse import MAX_PROBLEMS, parse_rules, parse_values, salvaged
from dovetail.rules.places import places_in
from dovetail.rules.source import SourceRange
from tests.bounded import bounded

NEEDS_PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
DIGITS = "9" * 5000


@NEEDS_PIPES
@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "folder", "dangling", "50 MB", "link out"])
def test_no_file_of_rules(kind: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    path = root / ".dovetail.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "50 MB":
        path.write_bytes(b"#" * 50_000_000)
    else:
        (tmp_path / "outside.toml").write_text('exclude = ["x"]', encoding="utf-8")
        targets = {"device": "/dev/zero", "loop": path.name, "dangling": "nowhere", "link out": "../outside.toml"}
        path.symlink_to(targets[kind])

    def read() -> None:
        rules = WorkspaceRules(root)
        (problem,) = rules.problems()
        assert problem.message.startswith(".dovetail.toml ") and "\n" not in problem.message
        assert rules.rules.for_path("a.py").completion
        rules.reload()

    bounded(read)


TEXTS = {
    "nested": "exclude = " + "[" * 3000 + "]" * 3000,
    "nested tables": "retrievers = " + "{scope=" * 3000 + "1" + "}" * 3000,
    "many parts": ".".join("a" * 30_000) + " = 1",
    "many digits": f"[retrievers.scope]\nweight = {DIGITS}",
    "many hexadecimal digits": f"[retrievers.scope]\nweight = 0x{'f' * 5000}",
    "a list with such a number": f"exclude = [0x{'f' * 5000}]",
    "a text for a number": "[retrievers.scope]\nweight = 1e999",
    "no number": "[retrievers.scope]\nweight = nan",
    "a range backwards": 'exclude = ["[z-a]"]',
    "a range backwards, not": 'exclude = ["[^z-a].py"]',
    "a key without end": f"{'k' * 50_000} = 1",
    "a date": "exclude = 2024-01-01",
    "nothing of it": "\0\1\2",
    "surrogates": 'notes = ["\\ud800"]',
    "wrong everywhere": "include = 1\nrules = {a = 1}\npins = [[1]]\nretrievers = [1]\nnotes = [{}]\n",
}


SOUND = {
    "a path that ends with many digits": f'pins = ["a.py:{DIGITS}"]',
    "a path that ends with two numbers": f'pins = ["a.py:1-{DIGITS}"]',
    "a pattern without end": f'exclude = ["{"**" * 20_000}"]',
}


@pytest.mark.parametrize("name", SOUND)
def test_odd_texts_that_are_sound(name: str) -> None:
    def read() -> None:
        parsed = parse_rules(SOUND[name], "rules")
        assert parsed.is_sound and parsed.rules is not None
        Rules((parsed.rules,)).for_path("src/a.py")

    bounded(read)


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_of_rules(name: str) -> None:
    def read() -> None:
        parsed = parse_rules(TEXTS[name], "rules")
        assert parsed.problems and not parsed.is_sound
        assert all("\n" not in problem.message and len(problem.message) < 500 for problem in parsed.problems)
        salvaged(TEXTS[name], "rules")

    bounded(read)


def fill(unit: str, head: str = "", tail: str = "") -> str:
    return head + unit * ((MAX_BYTES - len(head) - len(tail)) // len(unit)) + tail


LARGE = {
    "patterns": fill('"a/**/b",', "exclude = [", "]"),
    "distinct patterns": "exclude = [" + "".join(f'"a{number}/*.py",' for number in range(4000)) + "]",
    "in other letters": fill('"\u00e4\u00f6",', "exclude = [", "]"),
    "rules": "".join(f'[[rules]]\npaths = ["a{number}*.py"]\n' for number in range(2000)),
    "unknown keys": "".join(f"key{number} = 1\n" for number in range(4500)),
    "unknown languages": fill('"py",', "languages_off = [", "]"),
    "pins": fill('"src/a.py:3",', "pins = [", "]"),
    "tables": fill("{a={a=1}},", "x = [", "1]"),
    "comments": fill("# x\n"),
    "one comment": fill("#"),
    "without an end": fill('"a",\n', 'include = ["b"]\nexclude = [\n'),
    "mistakes on every line": fill("a = [\n"),
    "texts without an end": fill('a = """\n'),
    "blank": fill("\n"),
}


@pytest.mark.long(keep=4)
@pytest.mark.parametrize("name", LARGE)
def test_the_largest_file_costs_little(name: str) -> None:
    """Reading it, saving what can be saved of it, and asking it about a path, as every keystroke does."""

    def read() -> None:
        parsed = parse_rules(LARGE[name], "rules")
        rules = Rules((parsed.rules or salvaged(LARGE[name], "rules"),))
        for number in range(20):
            rules.for_path(f"src/a{number}.py")
        assert len(parsed.problems) <= MAX_PROBLEMS + 1

    bounded(read)


def test_what_a_text_costs_does_not_grow_with_its_mistakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser is called a bounded number of times, wherever a list was left open."""
    from dovetail.rules import parse

    calls: list[int] = []
    real = parse._loaded
    monkeypatch.setattr(parse, "_loaded", lambda text: calls.append(len(text)) or real(text))
    for name in ("without an end", "mistakes on every line", "texts without an end"):
        calls.clear()
        salvaged(LARGE[name], "rules")
        assert len(calls) <= 30


def test_what_is_above_an_open_list_is_salvaged() -> None:
    text = (
        'exclude = ["one"]\n[[rules]]\npaths = ["two"]\ncompletion = false\n\n[[rules]]\npaths = [\n'
        + '  "a=b",\n' * 300
    )
    rules = salvaged(text, "rules")
    assert [each.text for each in rules.exclude] == ["one"]
    assert [each.text for rule in rules.rules for each in rule.paths] == ["two"]


def test_too_many_mistakes_are_not_all_reported() -> None:
    parsed = parse_rules(LARGE["unknown keys"], "rules")
    assert len(parsed.problems) == MAX_PROBLEMS + 1
    assert "more mistakes" in parsed.problems[-1].message
    assert not parsed.is_sound


def test_columns_count_characters_in_long_lines() -> None:
    text = "exclude = [" + ", ".join(['"\u00e4\U0001f600"', '"b"'] * 50) + "]"
    places = places_in(text)
    for index in range(100):
        place = places["exclude", index].value
        wanted = '"\u00e4\U0001f600"' if index % 2 == 0 else '"b"'
        assert text[place.column - 1 : place.end_column - 1] == wanted
    assert places["exclude",].key == SourceRange(1, 1, 1, 8)


def test_an_editor_may_say_anything() -> None:
    rng = random.Random(4)
    deep: object = 1
    for _ in range(5000):
        deep = [deep]
    odd = [None, True, 10**6000, -1, 1.5, float("inf"), float("nan"), "", "[z-a]", "a:9", [], {}, deep, {"a": deep}]
    names = [*ProjectRules.__dataclass_fields__, "paths", "weight", "scope", "x\ny", ""]
    for _ in range(3000):
        inner = {rng.choice(names): rng.choice(odd) for _ in range(3)}
        value = rng.choice([rng.choice(odd), [rng.choice(odd), inner], inner, {"scope": inner}])
        for problem in parse_values({rng.choice(names): value}, "the editor").problems:
            assert "\n" not in problem.message and len(problem.message) < 500
