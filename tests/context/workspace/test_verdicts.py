"""Cached verdicts equal those that a new check would give."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from dovetail_context.workspace import verdicts
from dovetail_context.workspace.selection import EVERYTHING
from dovetail_context.workspace.verdicts import Verdicts

PATHS = ("a.py", "pkg/b.py", "pkg/deep/c.py", "pkg/deep/d.txt")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project whose files count as old immediately."""
    monkeypatch.setattr(verdicts, "YOUNG_NS", -1_000_000_000_000)
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x = 1\n")
    return tmp_path


def count_readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths for which the ignore files are read from now on."""
    asked: list[str] = []
    real = verdicts.is_excluded

    def counted(root: Path, path: str, *arguments: object) -> str | None:
        asked.append(path)
        return real(root, path, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(verdicts, "is_excluded", counted)
    return asked


def test_the_ignore_files_are_read_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = count_readings(monkeypatch)
    known = Verdicts(root)
    for _ in range(5):
        assert known.excluded(PATHS, EVERYTHING)[0] == {}
    assert sorted(asked) == sorted(PATHS)


def test_a_young_stamp_is_not_trusted(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "YOUNG_NS", 1_000_000_000_000)
    asked = count_readings(monkeypatch)
    known = Verdicts(root)
    known.excluded(PATHS, EVERYTHING)
    known.excluded(PATHS, EVERYTHING)
    assert len(asked) == 2 * len(PATHS)


@pytest.mark.parametrize("seed", range(12))
def test_after_any_change_they_are_those_of_a_fresh_look(seed: int, root: Path) -> None:
    rng = random.Random(seed)
    known = Verdicts(root)
    for step in range(30):
        path = rng.choice(PATHS)
        file = root / path
        match rng.randrange(6):
            case 0:
                name = f"{rng.choice(('', 'pkg/', 'pkg/deep/'))}.gitignore"
                (root / name).write_text(f"# {step}\n" + rng.choice(("*.py\n", "deep/\n", "!*.py\n", "d.txt\n")))
            case 1:
                (root / rng.choice(("", "pkg", "pkg/deep")) / ".gitignore").unlink(missing_ok=True)
            case 2:
                file.unlink(missing_ok=True)
            case 3:
                file.unlink(missing_ok=True)
                file.write_text(f"x = {step}\n")
            case 4:
                (root / ".git" / "info").mkdir(parents=True, exist_ok=True)
                (root / ".git" / "info" / "exclude").write_text(f"# {step}\n" + rng.choice(("a.py\n", "c.py\n", "")))
            case 5:
                if sys.platform != "win32":
                    file.unlink(missing_ok=True)
                    file.symlink_to(root / rng.choice(PATHS))
        assert known.excluded(PATHS, EVERYTHING)[0] == Verdicts(root).excluded(PATHS, EVERYTHING)[0], step


def test_what_was_never_saved_is_judged_by_its_name(root: Path) -> None:
    known = Verdicts(root)
    (root / ".gitignore").write_text("ignored.py\n")
    names = ("new.py", "ignored.py", "pkg/.env")
    unsaved = frozenset(names)
    assert set(known.excluded(names, EVERYTHING, unsaved)[0]) == {"ignored.py", "pkg/.env"}
    assert set(known.excluded(names, EVERYTHING)[0]) == set(names)
