"""Generated programs within limits: each limit with a program that goes over it, and tests that pass and fail."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from dovetail.evaluation.execution.languages import LANGUAGES, language_to_run, missing_programs
from dovetail.evaluation.execution.limited import Command, run_limited
from dovetail.evaluation.execution.limits import MEGABYTE, Ended, Limits
from dovetail.evaluation.execution.passing import ProgramTests, matches, run_check
from dovetail.evaluation.task import Case, Check, Task, TextHole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no generated program is run on Windows")

GENEROUS = Limits(seconds=60)


def python(code: str, folder: Path, limits: Limits = GENEROUS, stdin: str = "") -> Ended:
    return run_limited(Command((sys.executable, "-I", "-c", code), stdin), folder, limits)


def test_a_program_reads_and_prints(tmp_path: Path) -> None:
    ended = python("print(input() + '!')", tmp_path, stdin="é\n")
    assert (ended.end, ended.status, ended.output) == ("exit", 0, "é!\n")


def test_it_writes_in_its_own_folder_alone(tmp_path: Path) -> None:
    own, other = tmp_path / "own", tmp_path / "other"
    own.mkdir()
    other.mkdir()
    (other / "secret").write_text("s")
    assert python("open('x', 'w').write('1'); print(open('x').read())", own).output == "1\n"
    assert "PermissionError" in python(f"open({str(other / 'x')!r}, 'w')", own).errors
    assert list(other.iterdir()) == [other / "secret"]


def test_it_does_not_read_the_users_files(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("macOS takes writing and the network, not reading")
    own = tmp_path / "own"
    own.mkdir()
    (tmp_path / "secret").write_text("s")
    assert "PermissionError" in python(f"open({str(tmp_path / 'secret')!r}).read()", own).errors


def test_it_reaches_no_shared_memory_and_no_other_process(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("Linux has both as files")
    assert "PermissionError" in python("open('/dev/shm/dovetail', 'w')", tmp_path).errors
    assert "PermissionError" in python(f"open('/proc/{os.getpid()}/environ').read()", tmp_path).errors
    assert (
        python("open('/dev/null', 'w').write('x'); print(open('/proc/self/status').read(4))", tmp_path).output
        == "Name\n"
    )


def test_it_has_no_network(tmp_path: Path) -> None:
    datagram = "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    code = "import socket\ns = socket.socket()\ns.connect(('127.0.0.1', 9))"
    assert "PermissionError" in python(code, tmp_path).errors
    assert "PermissionError" in python(datagram, tmp_path).errors


def test_it_sees_no_variables_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "x")
    assert python("import os; print(os.environ.get('SECRET_TOKEN'))", tmp_path).output == "None\n"


def test_time_ends_it(tmp_path: Path) -> None:
    assert python("while True: pass", tmp_path, Limits(seconds=2)).end == "time"
    assert python("import time; time.sleep(100)", tmp_path, Limits(seconds=2)).end == "time"


def test_memory_ends_it(tmp_path: Path) -> None:
    limits = Limits(seconds=60, memory_bytes=200 * MEGABYTE)
    ended = python("x = bytearray(300 * 10**6); print(len(x))", tmp_path, limits)
    assert ended.output == "" and (ended.end == "memory" or "MemoryError" in ended.errors)
    parts = "import subprocess, sys, time\nfor _ in range(6): subprocess.Popen([sys.executable, '-c', "
    parts += "'x = bytearray(60 * 10**6)\\nfor i in range(0, len(x), 4096): x[i] = 1\\nimport time; time.sleep(60)'])\n"
    assert python(parts + "time.sleep(60)", tmp_path, limits).end == "memory"


def test_files_and_output_have_a_most(tmp_path: Path) -> None:
    limits = Limits(seconds=60, file_bytes=MEGABYTE, output_bytes=MEGABYTE)
    assert python("open('x', 'wb').write(bytes(2 * 10**6))", tmp_path, limits).status != 0
    assert (tmp_path / "x").stat().st_size <= MEGABYTE
    ended = python("while True: print('x' * 1000)", tmp_path, limits)
    assert ended.end in ("output", "exit") and ended.status and len(ended.output) <= MEGABYTE


def test_processes_have_a_most_and_none_is_left(tmp_path: Path) -> None:
    code = "import subprocess, sys, time\nfor _ in range(9): subprocess.Popen([sys.executable, '-c', "
    code += "'import time; time.sleep(600)'], start_new_session=True)\ntime.sleep(600)"
    assert python(code, tmp_path, Limits(seconds=120, processes=5)).end == "processes"
    assert not [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]


PROGRAMS = {
    "python": ("assert ", "1 + 1 == 2", "1 + 1 == 3", "\n"),
    "javascript": ("if (!(", "1 + 1 === 2", "1 + 1 === 3", ")) throw 1;"),
    "typescript": ("const sum: number = ", "2", "3", "; if (sum !== 2) throw 1;"),
    "java": ("class Problem { public static void main(String[] a) { assert ", "1 + 1 == 2", "1 + 1 == 3", "; } }"),
    "cpp": ("int main() { return ", "0", "1", "; }"),
    "go": ('package p\nimport "testing"\nfunc TestSum(t *testing.T) { if ', "false", "true", ' { t.Error("x") } }'),
    "rust": ("fn main() { assert_eq!(2, ", "1 + 1", "1 + 2", "); }"),
    "csharp": ("class P { static int Main() { return ", "0", "1", "; } }"),
    "bash": ("exit ", "0", "1", "\n"),
    "php": ("<?php exit(", "0", "1", ");"),
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_each_language_passes_and_fails(name: str, tmp_path: Path) -> None:
    language = language_to_run(name)
    assert language is not None and set(PROGRAMS) == {each.name for each in LANGUAGES}
    if missing := missing_programs(language):
        pytest.skip(f"{' and '.join(missing)} not installed")
    before, right, wrong, after = PROGRAMS[name]
    check = Check(name, before, after, seconds=60)
    assert run_check(right, check, language, tmp_path).passed
    failed = run_check(wrong, check, language, tmp_path)
    assert not failed.passed and not failed.refused and failed.why


@pytest.mark.parametrize(
    ("output", "expected", "comparison", "is_right"),
    [
        ("1 2 \n3\n\n", ("1 2\n3",), "output", True),
        ("1 2\r\n3\r\n", ("1 2\n3",), "output", True),
        ("1  2", ("1 2",), "output", False),
        ("b", ("a", "b"), "output", True),
        ("18.0\n", ("18",), "number", True),
        ("the answer is 1,234", ("1234",), "number", True),
        ("17.9", ("18",), "number", False),
        ("none", ("18",), "number", False),
    ],
)
def test_outputs_are_compared(output: str, expected: tuple[str, ...], comparison: str, is_right: bool) -> None:
    check = Check("python", "", "", comparison)  # type: ignore[arg-type]
    assert matches(output, Case("", expected), check) is is_right


def task(check: Check, truth: str) -> Task:
    return Task("t", "g", "python", TextHole("t.py", "", ""), truth, check)


def test_a_task_whose_own_answer_fails_is_not_scored(tmp_path: Path) -> None:
    tests = ProgramTests(tmp_path)
    sound = task(Check("python", "x = ", "\nassert x == 2\n", seconds=60), "1 + 1")
    assert tests.verdict("2", sound) == (1.0, "")
    assert tests.verdict("3", sound) == (0.0, "")
    spaced = task(Check("python", "x = [", "1]\nassert x == [1, 1]\n", seconds=60), "1, ")
    assert tests.verdict("1,", spaced) == (1.0, "") and tests.verdict(" 1", spaced) == (0.0, "")
    lacking = task(Check("python", "import no_such_library\nx = ", "\n", seconds=60), "1")
    verdict, note = tests.verdict("3", lacking)
    assert verdict is None and "the suite's own answer fails here" in note
    verdict, note = tests.verdict("3", task(Check("cobol", "", ""), "1"))
    assert verdict is None and "no way to run cobol" in note
