"""The rules of a project: every key with what it does, and every mistake with its place. Pure: no file is read."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dovetail.rules.effective import Rules, narrowed
from dovetail.rules.json_schema import schema, table, written_schema
from dovetail.rules.keys import PathRule, ProjectRules, RetrieverRule, keys_of
from dovetail.rules.parse import parse_rules, parse_values, salvaged
from dovetail.settings import Settings
from dovetail_context.query import RETRIEVER_NAMES
from tests.lsp.rules.rule_texts import FILE, rules_of


def seen(text: str, path: str) -> dict[str, Any]:
    """Return a summary of the rules that apply to a path."""
    effective = Rules((rules_of(text),)).for_path(path)
    retrieval = effective.retrieval()
    return {
        "read": effective.not_context,
        "silent": effective.no_completion,
        "pins": [(pin.path, pin.start_line, pin.end_line) for pin in effective.pins],
        "notes": [note.text for note in effective.notes],
        "preferred": list(effective.preferred(("src/a.py", "src/deep/a.py", "src/b.py", path))),
        "off": sorted(set(RETRIEVER_NAMES) - retrieval.enabled),
        "weights": dict(retrieval.weights),
        "shares": dict(retrieval.shares),
    }


NOTHING = {
    "read": "",
    "silent": "",
    "pins": [],
    "notes": [],
    "preferred": [],
    "off": [],
    "weights": {},
    "shares": {},
}
TESTS = '[[rules]]\npaths = ["tests/"]\n'

# key: (text, a path to which it applies, its effect there, a path to which it does not apply)
KEYS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "include": (
        'include = ["src/**", "/top.py"]',
        "docs/a.py",
        {"read": f"not included by {FILE}:1"},
        "src/deep/a.py",
    ),
    "exclude": (
        '# old\nexclude = ["keep/", "legacy/"]',
        "legacy/x/a.py",
        {"read": f"excluded by {FILE}:2"},
        "src/legacy.py",
    ),
    "generated": ('generated = ["*.gen.py"]', "a/b.gen.py", {"read": f"generated code by {FILE}:1"}, "a/gen.py"),
    "vendored": ('vendored = ["/extern/"]', "extern/z.c", {"read": f"vendored code by {FILE}:1"}, "src/extern/z.c"),
    "languages_off": (
        'languages_off = ["go", "rust"]',
        "a/b.rs",
        {"read": f"rust is switched off by {FILE}:1", "silent": f"rust is switched off by {FILE}:1"},
        "a/b.py",
    ),
    "completion_off": (
        'completion_off = ["*.md", "!README.md"]',
        "docs/a.md",
        {"silent": f"switched off by {FILE}:1"},
        "docs/README.md",
    ),
    "pins": (
        'pins = ["a.py", "b/c.py:7", "docs/STYLE.md:10-40"]',
        "x.py",
        {"pins": [("a.py", 1, 0), ("b/c.py", 7, 7), ("docs/STYLE.md", 10, 40)]},
        "",
    ),
    "notes": ('notes = ["Python 3.11.", """two\nlines"""]', "x.py", {"notes": ["Python 3.11.", "two\nlines"]}, ""),
    "retrievers": ("[retrievers.similar]\nweight = 2\n[retrievers.scope]\n", "x.py", {"weights": {"similar": 2.0}}, ""),
    "rules": (
        f'{TESTS}notes = ["one"]\n[[rules]]\npaths = ["*.py"]\nnotes = ["two"]',
        "tests/a.py",
        {"notes": ["one", "two"]},
        "a.go",
    ),
    "rules.paths": (
        '[[rules]]\npaths = ["*.md", "tests/**/test_*.py"]\nnotes = ["x"]',
        "tests/a/test_b.py",
        {"notes": ["x"]},
        "tests/a/b.py",
    ),
    "rules.prefer": (
        '[[rules]]\npaths = ["tests/**/test_{stem}.py"]\nprefer = ["src/**/{stem}.py"]',
        "tests/deep/test_a.py",
        {"preferred": ["src/a.py", "src/deep/a.py"]},
        "tests/a.py",
    ),
    "rules.pins": (
        '[[rules]]\npaths = ["tests/test_{stem}.py"]\npins = ["src/{stem}.py:1-9"]',
        "tests/test_a.py",
        {"pins": [("src/a.py", 1, 9)]},
        "src/a.py",
    ),
    "rules.notes": (f'{TESTS}notes = ["Use pytest."]', "tests/a.py", {"notes": ["Use pytest."]}, "src/a.py"),
    "rules.retrievers": (
        f"[retrievers.scope]\nweight = 2\n{TESTS}retrievers.similar.share = 0.25",
        "tests/a.py",
        {"weights": {"scope": 2.0}, "shares": {"similar": 0.25}},
        "",
    ),
    "rules.completion": (
        f"{TESTS}completion = false\n[[rules]]\npaths = ['tests/live/']\ncompletion = true",
        "tests/a.py",
        {"silent": f"switched off by {FILE}:1"},
        "tests/live/a.py",
    ),
    "retrievers.enabled": ("[retrievers.similar]\nenabled = false", "x.py", {"off": ["similar"]}, ""),
    "retrievers.weight": ("[retrievers]\nscope.weight = 0.5", "x.py", {"weights": {"scope": 0.5}}, ""),
    "retrievers.share": ("[retrievers.similar]\nshare = 0", "x.py", {"shares": {"similar": 0.0}}, ""),
}


@pytest.mark.parametrize("key", KEYS)
def test_every_key_does_what_it_says(key: str) -> None:
    text, path, said, elsewhere = KEYS[key]
    assert seen(text, path) == {**NOTHING, **said}
    if elsewhere:
        assert seen(text, elsewhere) == NOTHING


def test_the_table_above_has_every_key() -> None:
    declared = [*keys_of(ProjectRules)]
    declared += [f"rules.{name}" for name in keys_of(PathRule)]
    declared += [f"retrievers.{name}" for name in keys_of(RetrieverRule)]
    assert set(KEYS) == set(declared)


@dataclass(frozen=True)
class Mistake:
    """A text with one mistake between the marks « and », and a part of the message about it."""

    text: str
    says: str


MISTAKES = {
    "no TOML": Mistake('notes = ["a"]\n  «exclude = ["x" "y"]»\nx = 1', "this is not TOML: unclosed array"),
    "no value": Mistake("«exclude = »\n\n", "this is not TOML: invalid value"),
    "a key twice": Mistake("exclude = []\n«exclude = []»", "this is not TOML: cannot overwrite a value"),
    "an unknown key": Mistake('«exlude» = ["x"]', "there is no key 'exlude'; did you mean 'exclude'?"),
    "an unknown key that is like none": Mistake("«zzz» = 1", "there is no key 'zzz'; there are include, exclude"),
    "an unknown key of a rule": Mistake(f"{TESTS}«prefers» = []", "did you mean 'prefer'?"),
    "an unknown key in a rule's table": Mistake(
        f"{TESTS}[rules.retrievers.scope]\n«wieght» = 1", "did you mean 'weight'?"
    ),
    "an unknown quoted key": Mistake("«'ex clude'» = 1", "there is no key 'ex clude'"),
    "a model": Mistake('«model» = "mine.gguf"', "rules cannot set 'model': servers, models, commands"),
    "a server": Mistake("[«server»]\nurl = 'http://x'", "rules cannot set 'server'"),
    "a command": Mistake('«command» = ["rm"]', "rules cannot set 'command'"),
    "an option of ours": Mistake("«context_tokens» = 7", "rules cannot set 'context_tokens'"),
    "a model in a rule": Mistake(f"{TESTS}«model» = 'x'", "rules cannot set 'model'"),
    "a text for a list": Mistake('exclude = «"x"»', 'exclude must be a list of texts, not "x"; for example'),
    "a number in a list": Mistake('exclude = ["x",\n  «3»]', "exclude must be a list of texts, not 3"),
    "a table for a list": Mistake("[«notes»]\na = 1", "notes must be a list of texts"),
    "a text for a switch": Mistake(f'{TESTS}completion = «"no"»', "completion must be true or false"),
    "a text for a number": Mistake('[retrievers.scope]\nweight = «"2"»', "weight must be a number"),
    "a switch for a number": Mistake("[retrievers.scope]\nweight = «true»", "weight must be a number"),
    "no number": Mistake("[retrievers.scope]\nweight = «nan»", "weight must be a number"),
    "too small": Mistake("[retrievers.scope]\nweight = «-1»", "weight must be from 0 to 10, not -1"),
    "too large": Mistake("[retrievers.scope]\nshare = «1.5»", "share must be from 0 to 1, not 1.5"),
    "a number for retrievers": Mistake("retrievers = «1»", "retrievers must be tables such as [retrievers.similar]"),
    "a number for a retriever": Mistake("[retrievers]\nscope = «1»", "must be a table, as [retrievers.scope]"),
    "an unknown retriever": Mistake(
        "[«retrievers.simlar»]\nweight = 1", "there is no retriever 'simlar'; did you mean"
    ),
    "an unknown language": Mistake(
        'languages_off = ["go", «"pyhton"»]', "no language 'pyhton'; did you mean 'python'?"
    ),
    "a table for rules": Mistake("[«rules»]\npaths = ['x']", "rules must be tables that begin with [[rules]]"),
    "a rule without paths": Mistake('[[«rules»]]\nnotes = ["x"]', "this rule holds nowhere"),
    "a rule with no paths": Mistake("[[«rules»]]\npaths = []", "this rule holds nowhere"),
    "an empty pattern": Mistake('exclude = [«" "»]', "the pattern ' ' is empty"),
    "a pattern that leads out": Mistake('exclude = [«"../x/**"»]', "leads out of the workspace"),
    "a pattern of Windows": Mistake("exclude = [«'src\\\\a'»]".replace("\\\\", "\\"), "has a backslash"),
    "a pattern that is a comment": Mistake('exclude = [«"#x"»]', "begins with #"),
    "braces": Mistake('exclude = [«"*.{js,ts}"»]', "has {js,ts}: only {stem} may be in braces"),
    "a range the wrong way round": Mistake(
        'exclude = ["x", «"[z-a].py"»]', "has the range z-a, in which there is nothing"
    ),
    "a range of odd characters": Mistake('exclude = [«"[z-\\n]"»]', "has the range"),
    "a bracket that is not closed": Mistake('exclude = [«"[ab"»]', "has a [ without a ]"),
    "an empty bracket": Mistake('exclude = [«"[]"»]', "has a [ without a ]"),
    "a class that there is not": Mistake('exclude = [«"[[:nope:]]"»]', "has the unknown class [:nope:]"),
    "nothing to take back": Mistake('exclude = [«"!"»]', "is empty"),
    "a number that is too large": Mistake(f"[retrievers.scope]\nweight = «{'9' * 400}»", "weight must be from 0 to 10"),
    "a number that is too small": Mistake(f"[retrievers.scope]\nshare = «-{'9' * 400}»", "share must be from 0 to 1"),
    "two stems": Mistake('[[rules]]\npaths = [«"{stem}/{stem}.py"»]', "has {stem} more than once"),
    "a stem where there is none": Mistake('exclude = [«"{stem}.py"»]', "which only the paths, prefer and pins"),
    "a stem in a pin of the project": Mistake('pins = [«"{stem}.py"»]', "which only the paths, prefer and pins"),
    "a pin outside": Mistake('pins = ["a.py", «"../secret.py"»]', "leads out of the workspace"),
    "a pin that goes up and down": Mistake('pins = [«"a/../../b.py"»]', "leads out of the workspace"),
    "an absolute pin": Mistake('pins = [«"/etc/passwd"»]', "leads out of the workspace"),
    "an absolute pin of Windows": Mistake('pins = [«"C:/secret.py:1-2"»]', "leads out of the workspace"),
    "a pin in somebody's home": Mistake('pins = [«"~/.bashrc"»]', "leads out of the workspace"),
    "a pin without lines": Mistake('pins = [«"a.py:9-3"»]', "'a.py:9-3' has no lines"),
    "a pin of line 0": Mistake('pins = [«"a.py:0"»]', "'a.py:0' has no lines"),
    "an empty pin": Mistake('pins = [«""»]', "is no place in a file"),
    "an empty note": Mistake('notes = [«"\\n"»]', "this note is empty"),
    "a long note": Mistake(f'notes = [«"{"x" * 2001}"»]', "this note has 2001 characters"),
    "a mistake behind wide characters": Mistake('exclude = ["é😀", «"é😀/../x"»]', "leads out of the workspace"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_every_mistake_has_its_place(name: str) -> None:
    mistake = MISTAKES[name]
    text = mistake.text.replace("«", "").replace("»", "")
    (problem,) = parse_rules(text, FILE).problems
    assert problem.severity == "error"
    assert mistake.says in problem.message and "\n" not in problem.message
    place = problem.source.place
    assert place is not None
    before, marked, _ = mistake.text.replace("»", "«").split("«")
    first = before.count("\n") + 1
    column = len(before.rpartition("\n")[2]) + 1
    assert (place.line, place.column) == (first, column)
    if "\n" not in marked:
        assert (place.end_line, place.end_column) == (first, column + len(marked))


HANG_S = 120  # a guard against work without end; nothing is asserted about time

LONG = {
    "a key of many parts": "a." * 60_000 + "a = 1\n",
    "a table of many parts": f"[{'a.' * 60_000}a]\n",
    "quoted parts": '"a".' * 40_000 + "a = 1\n",
    "a number of many digits": f"[retrievers.scope]\nweight = {'9' * 5000}\n",
    "an array that is not closed": "notes = ['x']\nexclude = [\n" + "".join(f'"x{n}",\n' for n in range(20_000)),
    "one line of wide characters": "exclude = [" + ",".join(f'"é{n}"' for n in range(20_000)) + "]\n",
    "a pattern of stars": f'exclude = ["{"*a" * 120_000}"]\n',
    "a pattern of braces": f'exclude = ["{"{" * 240_000}"]\n',
    "lines of a pin": f'pins = ["a.py:{"1" * 5000}", "a.py{":1" * 50_000}"]\n',
    "deep arrays": f"exclude = {'[' * 100_000}{']' * 100_000}\n",
    "many mistakes": "".join(f"k{n}exclude = 1\n" for n in range(10_000)),
    "many patterns": "exclude = [\n" + "".join(f'"*a*a*a*{n}?[ab].py",\n' for n in range(10_000)) + "]\n",
    "many rules": "".join(f'[[rules]]\npaths = ["t{n}/**/*{{stem}}*x*.py"]\n' for n in range(5000)),
}


@pytest.mark.long(keep=4)
@pytest.mark.parametrize("name", LONG)
def test_no_file_of_rules_takes_for_ever_or_is_an_error_of_ours(name: str, tmp_path: Path) -> None:
    (tmp_path / "rules").write_text(LONG[name], encoding="utf-8")
    code = f"""
from pathlib import Path
from dovetail.rules.effective import Rules
from dovetail.rules.parse import parse_rules, salvaged
text = Path({str(tmp_path / "rules")!r}).read_text(encoding="utf-8")
parsed = parse_rules(text, "rules")
assert all("\\n" not in problem.message for problem in parsed.problems)
rules = Rules((parsed.rules or salvaged(text, "rules"),))
for name in ("a" * 250, "t1/a/xxxxaaaaax_" + "x" * 200, "b"):
    for _ in range(1000):
        rules.for_path(f"src/{{name}}.py")
    assert rules.selection.excluded(f"src/{{name}}.py", False) is None
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=HANG_S)  # the interpreter itself would be held


def test_a_mistake_costs_only_itself() -> None:
    text = 'exclude = ["a", 3, "b"]\nmodel = "x"\nnotes = ["kept"]\n[[rules]]\npaths = ["x"]\ncompletion = 1\n'
    parsed = parse_rules(text, FILE)
    assert not parsed.is_sound and len(parsed.problems) == 3
    assert parsed.rules is not None
    assert [each.text for each in parsed.rules.exclude] == ["a", "b"]
    assert [each.text for each in parsed.rules.notes] == ["kept"]
    assert len(parsed.rules.rules) == 1


def test_what_is_above_a_broken_line_is_salvaged() -> None:
    rules = salvaged('exclude = ["private/"]\nnotes = ["x"]\n\n[[rules]\npaths = ["y"]\n', FILE)
    assert [each.text for each in rules.exclude] == ["private/"] and [note.text for note in rules.notes] == ["x"]
    assert salvaged("[[", FILE) == ProjectRules()


def test_an_array_that_is_not_closed_costs_nothing_above_it() -> None:
    for members in range(40):
        above = "".join(f"# {number}\n" for number in range(members % 7)) + 'exclude = ["private/"]\nnotes = ["x"]\n'
        rules = salvaged(f"{above}pins = [\n" + '"a.py",\n' * members, FILE)
        assert [each.text for each in rules.exclude] == ["private/"] and [note.text for note in rules.notes] == ["x"]


def test_an_empty_file_says_nothing() -> None:
    for text in ("", "\n", "# only a comment", "\r\n\r\n"):
        assert rules_of(text) == ProjectRules()


def test_rules_without_a_text_are_read_too() -> None:
    parsed = parse_values({"exclude": ["x"], "zzz": 1}, "the editor's settings")
    assert parsed.rules is not None and [each.text for each in parsed.rules.exclude] == ["x"]
    assert str(parsed.problems[0].source) == "the editor's settings"


def test_layers_add_up_and_the_last_word_wins() -> None:
    user = rules_of('exclude = ["private/"]\nnotes = ["mine"]\n[retrievers.scope]\nweight = 2\nshare = 0.5')
    project = rules_of('exclude = ["legacy/"]\nnotes = ["theirs", "mine"]\n[retrievers.scope]\nweight = 3')
    rules = Rules((user, project))
    effective = rules.for_path("a.py")
    assert [note.text for note in effective.notes] == ["mine", "theirs"]
    assert dict(effective.retrieval().weights) == {"scope": 3.0}
    assert dict(effective.retrieval().shares) == {"scope": 0.5}
    assert rules.for_path("private/a.py").not_context and rules.for_path("legacy/a.py").not_context


def test_a_rule_about_some_files_wins_over_the_whole_file() -> None:
    text = (
        "[retrievers.scope]\nweight = 2\n[[rules]]\npaths = ['t/']\n[rules.retrievers.scope]\nweight = 0\nenabled=true"
    )
    assert seen(text, "t/a.py")["weights"] == {"scope": 0.0}
    assert seen(text, "a.py")["weights"] == {"scope": 2.0}


def test_rules_never_bring_back_what_a_name_forbids() -> None:
    text = 'include = [".env", "**"]\n[[rules]]\npaths = [".env"]\ncompletion = true'
    assert seen(text, "a/.env")["silent"] == "may hold secrets, by its name"


def test_an_untrusted_project_only_leaves_things_out() -> None:
    text = (
        'include = ["src/"]\nexclude = ["src/x/"]\ngenerated = ["g/"]\nvendored = ["v/"]\nlanguages_off = ["go"]\n'
        'completion_off = ["*.md"]\nnotes = ["Obey me."]\npins = ["a.py"]\n[retrievers.scope]\nweight = 9\n'
        '[[rules]]\npaths = ["q/"]\ncompletion = false\nnotes = ["n"]\npins = ["p"]\nprefer = ["r"]\n'
        '[[rules]]\npaths = ["*"]\ncompletion = true\nnotes = ["n"]\n'
    )
    whole, kept = rules_of(text), narrowed(rules_of(text))
    for name in ("include", "exclude", "generated", "vendored", "languages_off", "completion_off"):
        assert getattr(kept, name) == getattr(whole, name) != ()
    assert (kept.notes, kept.pins, kept.retrievers) == ((), (), ())
    assert [rule.completion for rule in kept.rules] == [False]
    effective = Rules((kept,)).for_path("q/a.py")
    assert not effective.completion
    assert (effective.notes, effective.pins, effective.prefer, dict(effective.retrievers)) == ((), (), (), {})


def test_the_written_schema_is_that_of_the_keys(request: pytest.FixtureRequest, repository: Path) -> None:
    file = repository / "lsp" / "dovetail" / "rules" / "dovetail.schema.json"
    wanted = json.dumps(schema(), indent=2) + "\n"
    if request.config.getoption("--update"):
        file.write_text(wanted, encoding="utf-8", newline="\n")
    assert written_schema() == wanted, "`python -m pytest --update` rewrites the schema"


def test_the_page_has_the_table_of_keys(request: pytest.FixtureRequest, repository: Path) -> None:
    file = repository / "docs" / "rules.md"
    text = file.read_text(encoding="utf-8")
    begin, end = "<!-- keys -->\n", "<!-- /keys -->"
    if request.config.getoption("--update"):
        head, tail = text.split(begin)[0], text.split(end)[1]
        text = f"{head}{begin}{table()}\n{end}{tail}"
        file.write_text(text, encoding="utf-8", newline="\n")
    assert f"{begin}{table()}\n{end}" in text, "`python -m pytest --update` rewrites the table"


def test_no_option_is_a_key() -> None:
    assert not set(Settings.__dataclass_fields__) & set(keys_of(ProjectRules))
