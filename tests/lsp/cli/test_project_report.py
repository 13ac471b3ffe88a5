"""What `index`, `context` and `doctor` report of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from dovetail.cli.reports import project_report
from dovetail.cli.reports.project_report import (
    language_lines,
    project_check,
    reading_line,
    root_line,
    skipped_lines,
    unread_line,
)
from dovetail_context.api import BuildReport, RootChoice, WorkspaceIndex


def report_of(root: Path, files: dict[str, str]) -> BuildReport:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    index = WorkspaceIndex(root)
    report = index.build()
    index.close()
    return report


def test_files_that_no_language_reads_are_counted(tmp_path: Path) -> None:
    files = {f"app/{number}.unheardofkind": "" for number in range(3)}
    files |= {".gitignore": "made/\n*.quux\n", "made/a.unheardofkind": "", "b.quux": "", "photo.png": "", ".hidden": ""}
    report = report_of(tmp_path, files | {"a.py": "a = 1\n", "one.anotherstrangekind": "", "tool": "no script\n"})
    assert report.unread == ((".unheardofkind", 3), (".anotherstrangekind", 1))
    assert unread_line(report) == "not read: 3 .unheardofkind, 1 .anotherstrangekind (no language for these names)"
    assert language_lines(report) == ["python: 1 file, read in full"]
    assert skipped_lines(report) == ["skipped 2: ignored by .gitignore"]


def test_many_kinds_of_files_are_one_line() -> None:
    report = BuildReport({}, (), (), 0.1, tuple((f".a{number}", 10 - number) for number in range(9)))
    assert unread_line(report).endswith("5 .a5 and 9 others (no language for these names)")


def test_a_language_that_is_not_read_in_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_report, "reading_of", lambda name: "by tags")
    assert language_lines(BuildReport({"python": 2}, (), (), 0.1)) == ["python: 2 files, read by tags"]
    assert reading_line("a.py", "") == "a.py is python, read by tags"


def test_a_file_of_no_language_says_so() -> None:
    found = reading_line("a.unheardofkind", "")
    assert found == "a.unheardofkind is in no language that Dovetail reads: its own text alone is used"


def test_doctor_advises_by_what_a_project_holds(tmp_path: Path) -> None:
    choice = RootChoice(tmp_path, "top of the repository (.git)")
    unknown = project_check(choice, report_of(tmp_path, {"a.unheardofkind": ""}))
    assert unknown.verdict == "warn" and "not read: 1 .unheardofkind" in unknown.found
    assert "start dovetail in a folder" not in unknown.fix and "the open file" in unknown.fix
    sound = project_check(choice, report_of(tmp_path, {"a.py": "a = 1\n"}))
    assert (sound.verdict, sound.fix) == ("ok", "") and "1 python (in full)" in sound.found
    assert sound.found.startswith(root_line(choice))


def test_doctor_advises_in_an_empty_folder(tmp_path: Path) -> None:
    empty = project_check(RootChoice(tmp_path), report_of(tmp_path, {}))
    assert empty.verdict == "warn" and empty.fix.startswith("start dovetail in a folder of a project")


def test_a_workspace_that_was_narrowed_is_reported(tmp_path: Path) -> None:
    choice = RootChoice(tmp_path, "has go.mod", "all holds too many files: put a .dovetail.toml into it")
    check = project_check(choice, BuildReport({"go": 1}, (), (), 0.1))
    assert (check.verdict, check.fix) == ("warn", choice.narrowed)
