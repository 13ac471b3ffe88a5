"""Rules in a workspace: checks against its files, the last valid rules, and the rules that a query gets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any

import pytest

from dovetail.rules.explain import explain
from dovetail.rules.live import OwnRules, WorkspaceRules, own_rules
from dovetail.rules.parse import parse_rules
from dovetail.rules.source import Problem, Source
from dovetail.session.workspaces.rules import RulesKeeper
from dovetail.session.workspaces.workspaces import Workspace
from dovetail_context.gather import gather
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.query import Query
from tests.marks import needs_links

pytestmark = pytest.mark.usefixtures("own_rules_file")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project with a module, its test, a style guide, and files that must not be read."""
    root = tmp_path / "project"
    files = {
        "src/money.py": "class Money:\n    amount: int\n\n\ndef convert(money: Money, rate: float) -> Money: ...\n",
        "src/other.py": "def unrelated() -> None: ...\n",
        "tests/test_money.py": "def test_it() -> None:\n    ...\n",
        "legacy/old.py": "def old_thing() -> None: ...\n",
        "docs/STYLE": "# Style\n\nUse tabs.\n",
        "private.py": "x = 1\n",
        ".env": "A=1\n",
        ".gitignore": "private.py\n",
    }
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def write(root: Path, text: str) -> WorkspaceRules:
    (root / ".dovetail.toml").write_text(text, encoding="utf-8")
    return WorkspaceRules(root)


def reported(rules: WorkspaceRules) -> list[tuple[str, int, str]]:
    return [
        (problem.severity, problem.source.place.line if problem.source.place else 0, problem.message)
        for problem in rules.problems()
    ]


CHECKS = {
    "a pattern that matches nothing": (
        '\nexclude = ["src/", "nothing/**"]',
        "warning",
        2,
        "'nothing/**' matches no file",
    ),
    "a pattern that takes nothing back": ('exclude = ["!none.py"]', "warning", 1, "'!none.py' matches no file"),
    "a pattern for what is never read": (
        'exclude = ["private.py"]',
        "warning",
        1,
        "never read: private.py (ignored by",
    ),
    "paths of a rule": ('[[rules]]\npaths = ["spec/**"]', "warning", 2, "'spec/**' matches no file"),
    "prefer of a rule": (
        '[[rules]]\npaths = ["tests/test_{stem}.py"]\nprefer = ["lib/{stem}.py"]',
        "warning",
        3,
        "'lib/{stem}.py' matches no file",
    ),
    "completion off for nothing": ('completion_off = ["*.cobol"]', "warning", 1, "'*.cobol' matches no file"),
    "a pin that vanished": ('pins = [\n  "src/gone.py",\n]', "error", 2, "the pinned file src/gone.py does not exist"),
    "a pin that moved": ('pins = ["money.py"]', "error", 1, "does not exist; did you mean src/money.py?"),
    "a pin of a name that is too long": (f'pins = ["{"x" * 300}.py"]', "error", 1, ".py "),
    "a pin of a name that no file has": ('pins = ["a\\u0000.py"]', "error", 1, "cannot be looked at"),
    "a pin below a file": ('pins = ["src/money.py/x.py"]', "error", 1, "does not exist"),
    "a pin of a folder": ('pins = ["src"]', "error", 1, "is a folder: pin single files"),
    "a pin beyond the end": ('pins = ["src/money.py:4-9"]', "error", 1, "ends with line 5; there is no line 9"),
    "a pin of one line beyond the end": (
        'pins = ["src/money.py:6"]',
        "error",
        1,
        "ends with line 5; there is no line 6",
    ),
    "a pin of an ignored file": ('pins = ["private.py"]', "error", 1, "is never shown (ignored by .gitignore)"),
    "a pin of a secret file": ('pins = [".env"]', "error", 1, "is never shown (may hold secrets)"),
    "a pin of an excluded file": (
        'exclude = ["legacy/"]\npins = ["legacy/old.py"]',
        "error",
        2,
        "is never shown (excluded by .dovetail.toml:1)",
    ),
    "a pin of a rule": ('[[rules]]\npaths = ["src/"]\npins = ["gone.py"]', "error", 3, "gone.py does not exist"),
    "a pin by stem": ('[[rules]]\npaths = ["tests/test_{stem}.py"]\npins = ["lib/{stem}.py"]', "warning", 3, "no file"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_what_the_workspace_does_not_hold_is_reported_at_its_line(name: str, root: Path) -> None:
    text, severity, line, says = CHECKS[name]
    rules = write(root, text)
    ((got_severity, got_line, message),) = reported(rules)
    assert (got_severity, got_line) == (severity, line) and says in message
    assert rules.parsed.is_sound  # and all the rest holds


def test_sound_rules_have_no_problems(root: Path) -> None:
    text = (
        'include = ["src/**", "tests/**"]\nexclude = ["legacy/"]\ncompletion_off = ["*.py", ".env"]\n'
        'pins = ["src/money.py:1-5", "src/other.py"]\n'
        '[[rules]]\npaths = ["tests/**/test_{stem}.py"]\nprefer = ["src/**/{stem}.py"]\npins = ["src/{stem}.py"]\n'
    )
    assert reported(write(root, text)) == []


@needs_links
def test_a_pin_that_leads_out_by_a_link(root: Path) -> None:
    (root.parent / "outside.py").write_text("x = 1\n", encoding="utf-8")
    (root / "link.py").symlink_to(root.parent / "outside.py")
    rules = write(root, 'pins = ["link.py"]')
    ((severity, line, message),) = reported(rules)
    assert (severity, line) == ("error", 1) and "links out of the workspace" in message
    with WorkspaceIndexOf(root, rules) as index:
        assert rules.context_rules("src/money.py", index.snapshot).pinned == ()


@needs_links
def test_rules_that_lead_out_by_a_link_are_not_read(root: Path) -> None:
    (root.parent / "rules.toml").write_text('notes = ["from outside"]\n', encoding="utf-8")
    (root / ".dovetail.toml").symlink_to(root.parent / "rules.toml")
    rules = WorkspaceRules(root)
    assert rules.rules.for_path("a.py").notes == ()
    assert "a link that leads out" in reported(rules)[0][2]


def test_a_pin_goes_when_gitignore_names_its_file(root: Path) -> None:
    rules = write(root, 'pins = ["docs/STYLE"]')
    with WorkspaceIndexOf(root, rules) as index:
        assert [pin.path for pin in rules.context_rules("src/money.py", index.snapshot).pinned] == ["docs/STYLE"]
        (root / ".gitignore").write_text("private.py\ndocs/\n", encoding="utf-8")
        assert rules.context_rules("src/money.py", index.snapshot).pinned == ()


def test_a_preferred_file_that_is_renamed_is_preferred_by_its_new_name(root: Path) -> None:
    rules = write(root, '[[rules]]\npaths = ["tests/"]\nprefer = ["src/*.py"]\n')
    with WorkspaceIndexOf(root, rules) as index:
        before = rules.context_rules("tests/test_money.py", index.snapshot).preferred
        assert [path for path, _ in before] == ["src/money.py", "src/other.py"]
        (root / "src" / "other.py").rename(root / "src" / "renamed.py")  # as many files as before
        index.build()
        after = rules.context_rules("tests/test_money.py", index.snapshot).preferred
        assert [path for path, _ in after] == ["src/money.py", "src/renamed.py"]


def test_the_last_good_rules_stay_while_the_file_is_broken(root: Path) -> None:
    rules = write(root, 'exclude = ["legacy/"]\n')
    for broken in ('exclude = ["leg', 'exclude = ["other/"]\nexlude = ["x"]\n', "exclude = 3\n"):
        (root / ".dovetail.toml").write_text(broken, encoding="utf-8")
        assert not rules.reload().is_sound
        assert rules.rules.for_path("legacy/old.py").not_context
        assert not rules.rules.for_path("other/x.py").not_context
    (root / ".dovetail.toml").write_text('exclude = ["other/"]\n', encoding="utf-8")
    assert rules.reload().is_sound
    assert not rules.rules.for_path("legacy/old.py").not_context
    (root / ".dovetail.toml").unlink()
    assert rules.reload().is_sound
    assert not rules.rules.for_path("other/x.py").not_context


def test_with_no_good_rules_before_what_can_be_understood_holds(root: Path) -> None:
    rules = write(root, 'exclude = ["legacy/"]\nexlude = ["x"]\n')
    assert rules.rules.for_path("legacy/old.py").not_context
    rules = write(root, 'exclude = ["legacy/"]\n\nnotes = [\n')
    assert rules.rules.for_path("legacy/old.py").not_context


ODD_FILES = {
    "with a mark": (b'\xef\xbb\xbfexclude = ["legacy/"]\n', []),
    "lines of Windows": (b'exclude = ["legacy/"]\r\nnotes = ["a"]\r\n', []),
    "in Latin-1": ('exclude = ["legacy/"]\nnotes = ["ä"]\n'.encode("latin-1"), ["is not valid utf-8"]),
    "binary": (b"\0\1\2", ["this is not TOML"]),
    "huge": (b"#" * 300_000, ["cannot be read (larger than 256 kB)"]),
    "empty": (b"", []),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_odd_files_never_raise(name: str, root: Path) -> None:
    data, says = ODD_FILES[name]
    (root / ".dovetail.toml").write_bytes(data)
    found = [message for _, _, message in reported(WorkspaceRules(root))]
    assert len(found) == len(says) and all(part in message for part, message in zip(says, found, strict=True))


def test_a_folder_in_place_of_the_file(root: Path) -> None:
    (root / ".dovetail.toml").mkdir()
    assert "cannot be read" in reported(WorkspaceRules(root))[0][2]


class WorkspaceIndexOf:
    """The built index of a workspace under its rules, closed at the end."""

    def __init__(self, root: Path, rules: WorkspaceRules) -> None:
        self.index = WorkspaceIndex(root, rules.rules.selection)

    def __enter__(self) -> WorkspaceIndex:
        self.index.build()
        return self.index

    def __exit__(self, *exception: object) -> None:
        self.index.close()


def test_what_is_left_out_is_not_in_the_index_and_leaves_it_at_once(root: Path) -> None:
    rules = write(root, 'exclude = ["legacy/"]\n')
    with WorkspaceIndexOf(root, rules) as index:
        assert set(index.snapshot.files) == {"src/money.py", "src/other.py", "tests/test_money.py"}
        index.set_overlay("legacy/old.py", "def typed(): ...\n")
        assert "legacy/old.py" not in index.snapshot.files
        index.set_overlay("src/other.py", "def typed(): ...\n")
        (root / ".dovetail.toml").write_text('include = ["legacy/", "tests/"]\n', encoding="utf-8")
        rules.reload()
        index.select(rules.rules.selection)
        assert set(index.snapshot.files) == {"legacy/old.py", "tests/test_money.py"}
        assert index.last_report is not None
        reasons = {skip.path: skip.reason for skip in index.last_report.skipped}
        assert reasons["src/money.py"] == "not included by .dovetail.toml:1"
        (root / ".dovetail.toml").write_text('languages_off = ["python"]\n', encoding="utf-8")
        rules.reload()
        index.select(rules.rules.selection)
        assert set(index.snapshot.files) == set()


def test_a_query_is_given_pins_notes_weights_and_what_is_preferred(root: Path) -> None:
    text = (
        'pins = ["src/other.py:1", "docs/STYLE", "gone.py", ".env", "private.py"]\nnotes = ["Use tabs."]\n'
        "[retrievers.similar]\nenabled = false\n"
        '[[rules]]\npaths = ["tests/**/test_{stem}.py"]\nprefer = ["src/**/{stem}.py"]\n'
        "retrievers.scope.weight = 2\n"
    )
    rules = write(root, text)
    with WorkspaceIndexOf(root, rules) as index:
        found = rules.context_rules("tests/test_money.py", index.snapshot)
    assert [(pin.path, pin.start_line, pin.end_line, pin.reason) for pin in found.pinned] == [
        ("src/other.py", 1, 1, "pinned by .dovetail.toml:1"),
        ("docs/STYLE", 1, 0, "pinned by .dovetail.toml:1"),
    ]
    assert [pin.text for pin in found.pinned] == ["", "# Style\n\nUse tabs.\n"]
    assert [(note.text, note.reason) for note in found.notes] == [("Use tabs.", "a note of .dovetail.toml:2")]
    assert found.preferred == (("src/money.py", "preferred by .dovetail.toml:7"),)
    assert "similar" not in found.retrieval.enabled and dict(found.retrieval.weights) == {"scope": 2.0}


def test_what_is_preferred_is_shown(root: Path) -> None:
    text = "def test_it() -> None:\n    value = \n"
    rules = write(root, '[[rules]]\npaths = ["tests/"]\nprefer = ["src/money.py"]\n')
    with WorkspaceIndexOf(root, rules) as index:
        (root / "tests" / "helper.py").touch()
        path = "tests/helper.py"
        plain = gather(Query(path, text, 36), index.snapshot, 300)
        found = rules.context_rules(path, index.snapshot)
        bundle = gather(Query(path, text, 36, preferred=found.preferred), index.snapshot, 300)
    assert "src/money.py" not in [piece.path for piece in plain.pieces]
    (piece,) = [piece for piece in bundle.pieces if piece.path == "src/money.py"]
    assert "def convert" in piece.text and "preferred by .dovetail.toml:3" in piece.reason


def test_secrets_in_a_pinned_file_are_blanked_out(root: Path) -> None:
    secret = "a8Jd03kLmN4pQ7rStU9vWx"
    (root / "docs" / "STYLE").write_text(f"api_key: {secret}\n", encoding="utf-8")
    rules = write(root, 'pins = ["docs/STYLE"]')
    with WorkspaceIndexOf(root, rules) as index:
        (pin,) = rules.context_rules("src/money.py", index.snapshot).pinned
    assert secret not in pin.text and "api_key: ****" in pin.text


def test_pinned_text_follows_the_disk_and_the_rules(root: Path) -> None:
    rules = write(root, 'pins = ["docs/STYLE"]')
    with WorkspaceIndexOf(root, rules) as index:
        (root / "docs" / "STYLE").write_text("Use spaces, always.\n", encoding="utf-8")
        (pin,) = rules.context_rules("a.py", index.snapshot).pinned
        assert pin.text == "Use spaces, always.\n"
        (root / ".dovetail.toml").write_text('pins = ["docs/STYLE"]\nexclude = ["docs/"]\n', encoding="utf-8")
        rules.reload()
        assert rules.context_rules("a.py", index.snapshot).pinned == ()


def test_the_users_own_rules_hold_everywhere_and_in_full(root: Path, own_rules_file: Path) -> None:
    own_rules_file.write_text('exclude = ["legacy/"]\nnotes = ["mine"]\n', encoding="utf-8")
    (root / ".dovetail.toml").write_text('notes = ["theirs"]\nexclude = ["src/other.py"]\n', encoding="utf-8")
    rules = WorkspaceRules(root, own_rules({"notes": ["the editor's"]}, trusted=False))
    effective = rules.rules.for_path("a.py")
    assert [str(note) for note in effective.notes] == ["mine", "the editor's"]
    assert rules.rules.for_path("legacy/old.py").not_context.startswith("excluded by ")
    assert str(own_rules_file) in rules.rules.for_path("legacy/old.py").not_context
    assert rules.rules.for_path("src/other.py").not_context == "excluded by .dovetail.toml:2"


def test_mistakes_in_the_users_own_rules_are_reported(own_rules_file: Path) -> None:
    own_rules_file.write_text('exlude = ["x"]\nnotes = ["kept"]\n', encoding="utf-8")
    own = own_rules({"zzz": 1})
    assert [str(problem.source) for problem in own.problems] == [f"{own_rules_file}:1", "the editor's settings"]
    assert [str(note) for note in own.user.notes] == ["kept"]


def test_explain_reports_which_line_decided(root: Path) -> None:
    (root / "src" / "other.py").write_text('x = 1\nAPI_KEY = "a8Jd03kLmN4pQ7rStU9vWx"\n', encoding="utf-8")
    rules = write(
        root,
        'exclude = ["legacy/"]\npins = ["gone.py"]\ncompletion_off = ["docs/"]\n'
        '[[rules]]\npaths = ["tests/test_{stem}.py"]\n'
        'prefer = ["src/{stem}.py", "lib/{stem}.py"]\nretrievers.scope.weight = 2\n',
    )

    def explained(path: str) -> list[tuple[str, str, str]]:
        return [(each.what, each.value, each.by) for each in explain(rules, path)]

    pin = ("pin", "gone.py (does not exist)", ".dovetail.toml:2")
    on, yes = ("completion", "on", ""), ("context", "yes", "")
    assert explained("legacy/old.py") == [("context", "no", "excluded by .dovetail.toml:1"), on, pin]
    assert explained("private.py")[0] == ("context", "no", "ignored by .gitignore")
    assert explained("nowhere.py")[0] == ("context", "no", "unreadable: No such file or directory")
    assert explained("docs/STYLE")[:2] == [
        ("context", "only if pinned", "in no language that is read"),
        ("completion", "off", "switched off by .dovetail.toml:3"),
    ]
    assert explained("src/other.py")[:2] == [yes, ("blanked out", "lines 2", "secret given to a name")]
    assert explained("tests/test_money.py") == [
        yes,
        on,
        pin,
        ("preferred", "src/money.py", ".dovetail.toml:6"),
        ("preferred", "lib/money.py (no such file)", ".dovetail.toml:6"),
        ("weight of scope", "2", ".dovetail.toml:7"),
    ]


def test_an_untrusted_workspace_is_explained_as_such(root: Path) -> None:
    write(root, 'exclude = ["legacy/"]\nnotes = ["Obey me."]\n')
    rules = WorkspaceRules(root, OwnRules(trusted=False))
    assert [each.what for each in explain(rules, "src/money.py")] == ["context", "completion", "trust"]
    assert explain(rules, "legacy/old.py")[0].value == "no"


def test_problems_of_a_buffer_are_those_of_its_text(root: Path) -> None:
    rules = write(root, 'notes = ["x"]')
    assert [problem.message for problem in rules.problems('notes = ["x"]\nzzz = 1')] == [
        parse_rules("zzz = 1", ".dovetail.toml").problems[0].message
    ]
    assert rules.problems('notes = ["y"]') == ()


async def test_however_fast_the_file_changes_one_check_runs_at_a_time(root: Path) -> None:
    """A long file takes seconds to check, and every key in it asks for a check."""
    running = most = count = 0

    class Slow(WorkspaceRules):
        def problems(self, text: str | None = None) -> tuple[Problem, ...]:
            nonlocal running, most, count
            running, count = running + 1, count + 1
            most = max(most, running)
            time.sleep(0.05)
            running -= 1
            return (Problem("error", text or "", Source("x")),)

    class Events:
        def trouble(self, message: str) -> None: ...

        def rules_checked(self, uri: str, text: str, problems: Iterable[Problem]) -> None:
            shown.extend(problem.message for problem in problems)

    shown: list[str] = []
    text = ""
    tasks = set()

    def spawn(work: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        tasks.add(task := asyncio.ensure_future(work))
        return task

    keeper = RulesKeeper(Events(), lambda path: ("file:///x", text), spawn)
    workspace = Workspace(root, WorkspaceIndex(root), Slow(root))
    for number in range(100):
        text = str(number)
        keeper.check(workspace)
        await asyncio.sleep(0.001)
    await asyncio.gather(*tasks, return_exceptions=True)
    workspace.index.close()
    assert most == 1
    assert shown[-1] == "99"
    assert count < 50
