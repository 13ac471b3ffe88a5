"""`tests/benchmarks/gpu.sh`: its steps are those that this checkout can do. That a GPU is used, only a GPU can show."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from dovetail.cli.main import _parse

SHELL = shutil.which("sh")

pytestmark = pytest.mark.skipif(SHELL is None, reason="needs a POSIX shell")


def gpu(repository: Path, folder: Path, *arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(SHELL), str(repository / "tests" / "benchmarks" / "gpu.sh"), *arguments]
    env = None if path is None else {"PATH": path}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def steps(repository: Path, tmp_path: Path) -> dict[str, str]:
    done = gpu(repository, tmp_path, "--dry-run", "m.gguf", "project")
    assert done.returncode == 0 and done.stderr == ""
    assert list(tmp_path.iterdir()) == []  # nothing is done
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    names = [name for name, _, _ in lines]
    assert len(names) == len(set(names))
    return {name: command for name, _, command in lines}


def test_the_order_of_the_steps(steps: dict[str, str]) -> None:
    order = ["driver", "python", "install", "offload", "doctor", "doctor-sees-the-gpu", "bench", "memory-after"]
    assert [name for name in steps if name in order] == order
    assert "-DGGML_CUDA=on" in steps["install"] and "-DGGML_CUDA=on" in steps["configure"]


def test_each_file_that_is_run_exists(steps: dict[str, str], repository: Path) -> None:
    named = [word for command in steps.values() for word in command.split() if word.startswith(str(repository))]
    files = [Path(word) for word in named if word.endswith(".py")]
    modules = re.findall(r"-m (tests\.[\w.]+)", "\n".join(steps.values()))
    assert len(modules) >= 4
    files += [repository / f"{module.replace('.', '/')}.py" for module in modules]
    assert len(files) >= 6 and all(file.is_file() for file in files)


def test_each_subcommand_takes_its_options(steps: dict[str, str]) -> None:
    commands = [command.partition("/bin/dovetail ")[2] for command in steps.values() if "/bin/dovetail " in command]
    assert [_parse(shlex.split(command)).model for command in commands] == ["m.gguf"] * len(commands) and commands


def test_the_version_is_one_that_the_project_takes(steps: dict[str, str], repository: Path) -> None:
    wanted = re.search(r"llama-cpp-python>=([\d.]+)", (repository / "pyproject.toml").read_text("utf-8"))
    assert wanted is not None and f"llama-cpp-python=={wanted[1]}" in steps["install"]


def test_what_is_missing_is_one_line(repository: Path, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "mkdir", "tail"):
        (tools / name).symlink_to(str(shutil.which(name)))
    done = gpu(repository, tmp_path, "m.gguf", "project", path=str(tools))
    assert done.returncode == 1
    assert done.stderr == "gpu.sh: the check of driver failed: install NVIDIA's driver\n"


def test_wrong_words_end_with_usage(repository: Path, tmp_path: Path) -> None:
    done = gpu(repository, tmp_path, "--dry-run")
    assert done.returncode == 2 and done.stderr.startswith("usage: ")
