"""Each suite reads rows of its published format; the programs that it puts together pass with the suite's answer."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from dovetail.command_errors import CommandError, UsageError
from dovetail.evaluation.execution.languages import language_to_run, missing_programs
from dovetail.evaluation.execution.passing import run_check
from dovetail.evaluation.suites.registry import SUITES, suite_named
from dovetail.evaluation.suites.suite import read_tasks
from dovetail.evaluation.suites.word_problems import boxed, plain_number
from dovetail.evaluation.task import Task, TextHole

PYTHON_ADD = "def add(a, b):\n"
JAVA = "class Problem {\n    public static long twice(long n) {\n        long m = n;"
JAVA_TESTS = "    }\n    public static void main(String[] args) {\n    assert(twice(2l) == (4l));\n    }\n\n}\n"
ROWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    "santacoder-fim": (
        "fim_singleline.jsonl",
        [
            {
                "name": "humaneval-HumanEval_0_add.json-L1",
                "language": "py",
                "prompt": "def add(a, b):\n    c = a + b",
                "suffix": "",
                "canonical_solution": "    return c",
                "tests": "\ndef test():\n    assert add(1, 2) == 3\n\ntest()\n",
            },
            {
                "name": "humaneval-HumanEval_0_twice.json-L2",
                "language": "java",
                "prompt": JAVA,
                "suffix": "        return m;\n    }\n}",
                "canonical_solution": "        m = m + n;",
                "tests": JAVA_TESTS,
            },
            {
                "name": "humaneval-HumanEval_0_add.json-L0",
                "language": "js",
                "prompt": "function add(a, b) {",
                "suffix": "}",
                "canonical_solution": "    return a + b;",
                "tests": "if (add(1, 2) !== 3) throw 1;",
            },
        ],
    ),
    "humaneval-infilling": (
        "HumanEval-SingleLineInfilling.jsonl",
        [
            {
                "task_id": "SingleLineInfilling/HumanEval/0/L0",
                "entry_point": "add",
                "prompt": PYTHON_ADD,
                "suffix": "    return c\n",
                "canonical_solution": "    c = a + b\n",
                "test": "\ndef check(candidate):\n    assert candidate(1, 2) == 3\n",
            }
        ],
    ),
    "safim": (
        "control_completion.jsonl",
        [
            {
                "lang": "python",
                "prompt": "Complete the code",
                "eval_prompt": "n = int(input())\nfor i in {{completion}}:\n    print(i)\n",
                "ground_truth": "range(n)",
                "unit_tests": [{"input": "2\n", "output": ["0\n1"]}, {"input": "1\n", "output": ["0"]}],
                "task_id": "control_completion_000000",
            },
            {
                "lang": "java",
                "prompt": "",
                "eval_prompt": "public class D {\n  public static void main(String[] a) {\n    if ({{completion}})"
                " System.out.println(1);\n  }\n}\n",
                "ground_truth": "a.length == 0",
                "unit_tests": [{"input": "", "output": ["1"]}],
                "task_id": "control_completion_000001",
            },
        ],
    ),
    "crosscodeeval": (
        "line_completion_rg1_bm25.jsonl",
        [
            {
                "prompt": "from desk import Desk\n\ndesk = ",
                "groundtruth": "Desk()",
                "right_context": "\n",
                "metadata": {"task_id": "project_cc_python/1", "repository": "r", "file": "a.py"},
                "crossfile_context": {
                    "text": "# desk.py\n# class Desk:\n",
                    "list": [{"retrieved_chunk": "class Desk:\n", "filename": "desk.py", "score": "1.5"}],
                },
            }
        ],
    ),
    "repoeval": (
        "line_level_completion_1k_context_codegen.test.jsonl",
        [
            {
                "prompt": "def add(a, b):\n",
                "metadata": {
                    "task_id": "owner_repo/0",
                    "ground_truth": "    return a + b",
                    "fpath_tuple": ["owner_repo", "src", "add.py"],
                    "line_no": 1,
                },
            }
        ],
    ),
    "execrepobench": (
        "exec_repo_bench.jsonl",
        [
            {
                "repo_name": "r",
                "file_name": "a.py",
                "prefix_code": "x = ",
                "middle_code": "f()",
                "suffix_code": "\n",
                "context_code": [["b.py", "def f(): ...\n"]],
                "fill_type": "expression",
            }
        ],
    ),
    "devbench": (
        "python.jsonl",
        [
            {
                "id": "1",
                "testsource": "devbench-api-usage",
                "language": "python",
                "prefix": "def add(a, b):\n    return ",
                "golden_completion": "a + b",
                "suffix": "\n\nassert add(1, 2) == 3\n",
                "assertions": "",
            }
        ],
    ),
    "humaneval": (
        "humaneval-python.jsonl",
        [
            {
                "task_id": "Python/0",
                "prompt": 'def add(a, b):\n    """Add."""\n',
                "canonical_solution": "    return a + b\n",
                "test": "\ndef check(add):\n    assert add(1, 2) == 3\n\ncheck(add)",
                "stop_tokens": [],
            },
            {
                "task_id": "Python/1",
                "prompt": "def add(a, b):\n",
                "canonical_solution": "    return a + b\n",
                "test": "assert add(1, 2) == 3",
            },
        ],
    ),
    "mbpp": (
        "mbpp.jsonl",
        [
            {
                "task_id": number,
                "text": "Write a function to add.",
                "code": "def add(a, b):\r\n  return a + b",
                "test_list": ["assert add(1, 2) == 3"],
                "test_setup_code": "",
            }
            for number in (2, 11)
        ],
    ),
    "ds1000": (
        "ds1000.jsonl",
        [
            {
                "prompt": "Problem: add.\n<code>\n",
                "reference_code": "c = a + b",
                "code_context": (
                    "def test_execution(solution):\n    names = {'a': 1, 'b': 2}\n    exec(solution, names)\n"
                    "    assert names['c'] == 3\n\ndef test_string(solution):\n    assert '+' in solution\n"
                ),
                "metadata": {"problem_id": 0, "library": "Pandas", "perturbation_origin_id": 0},
            }
        ],
    ),
    "gsm8k": ("test.jsonl", [{"question": "1,000 and 1?", "answer": "Adding gives\n#### 1,001"}]),
    "math": (
        "algebra.jsonl",
        [{"problem": "Half of $1$?", "solution": "It is $\\boxed{\\frac{1}{2}}$.", "level": "1", "type": "Algebra"}],
    ),
}
WRONG = {
    "control/0": "[]",
    "control/1": "false",
    "gsm8k/0": "    return 1001.5\n",
    "math/Algebra/0": "    return 2\n",
}
PROGRAMS = {"gsm8k": "    return 1001\n", "math": "    return 0.5\n"}


def read(name: str, folder: Path, compressed: bool = False) -> list[Task]:
    file_name, rows = ROWS[name]
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file = folder / (f"{file_name}.gz" if compressed else file_name)
    file.write_bytes(gzip.compress(data) if compressed else data)
    return list(read_tasks(suite_named(name), file))


def test_every_suite_has_a_row_here() -> None:
    assert {suite.name for suite in SUITES} == {*ROWS, "holes"}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_rows_become_tasks(name: str, tmp_path: Path) -> None:
    tasks = read(name, tmp_path)
    assert tasks == read(name, tmp_path, compressed=True)
    assert len({task.id for task in tasks}) == len(tasks) == len(ROWS[name][1])
    assert all(isinstance(task.question, TextHole) and task.group and task.language for task in tasks)


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_suites_own_answer_passes_and_another_fails(name: str, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no generated program is run on Windows")
    suite = suite_named(name)
    for task in read(name, tmp_path):
        if task.check is None:
            continue
        language = language_to_run(task.check.language)
        assert language is not None
        if missing_programs(language):
            continue
        right = suite.cut(task.truth or PROGRAMS[name], task)
        assert run_check(right, task.check, language, tmp_path).passed, right
        wrong = WRONG.get(
            task.id, right.replace("a + b", "a - b").replace("+ n", "- n").replace("return c", "return a")
        )
        assert wrong != right and not run_check(suite.cut(wrong, task), task.check, language, tmp_path).passed


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_row_of_another_form_is_named(name: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    for text in ("{}", "[]", "no JSON", '{"task_id": 1}'):
        file.write_text(json.dumps(ROWS[name][1][0]) + f"\n{text}\n")
        with pytest.raises(
            CommandError, match=rf"rows.jsonl:2 is not a task of {name} .*: give the file as its makers"
        ):
            list(read_tasks(suite_named(name), file))


def test_a_folder_is_read_and_an_empty_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no file"):
        list(read_tasks(suite_named("mbpp"), tmp_path))
    read("mbpp", tmp_path)
    assert len(list(read_tasks(suite_named("mbpp"), tmp_path))) == 2
    (tmp_path / "broken.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_tasks(suite_named("mbpp"), tmp_path / "broken.jsonl.gz"))


def test_safim_cuts_by_syntax(tmp_path: Path) -> None:
    suite = suite_named("safim")
    task = read("safim", tmp_path)[0]
    assert suite.cut("range(n):\n    print(i)\n", task) == "range(n)"
    file = tmp_path / "block_completion.jsonl"
    row = {**ROWS["safim"][1][0], "eval_prompt": "for i in range(2):\n    {{completion}}\nprint(2)\n"}
    file.write_text(json.dumps(row) + "\n")
    (block,) = read_tasks(suite, file)
    assert suite.cut("x = 1\n    y = 2\n  z = (", block) == "x = 1\n    y = 2"


def test_lines_of_the_single_line_set_are_cut(tmp_path: Path) -> None:
    suite = suite_named("santacoder-fim")
    task = read("santacoder-fim", tmp_path)[0]
    assert suite.cut("\n    return c\n    x", task) == "    return c"
    assert suite.cut("return c", task) == "    return c"  # the hole begins after the indentation that is not there yet
    assert suite.cut("", task) == ""


def test_mbpp_shows_solved_tasks(tmp_path: Path) -> None:
    task = read("mbpp", tmp_path)[1]
    assert task.official["prompt"].startswith("You are an expert Python programmer, and here is your task: Write")
    assert task.official["prompt"].count("[BEGIN]") == 2 and task.official["prompt"].count("[DONE]") == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", "12"), ("1,000", "1000"), ("\\frac{3}{4}", "0.75"), ("-\\dfrac{1}{2}", "-0.5"), ("x+1", ""), ("\\$5", "")],
)
def test_numbers_of_math(text: str, number: str) -> None:
    assert plain_number(text) == number


def test_the_last_box_counts() -> None:
    assert boxed("\\boxed{1} then \\boxed{\\frac{1}{2}}") == "\\frac{1}{2}"
    with pytest.raises(ValueError, match="no"):
        boxed("none")
