"""The command `dovetail backend`: what it prints, asks and refuses. The environment is a folder."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from packaging.tags import sys_tags

from dovetail.cli.commands import backend as command
from dovetail.cli.main import main
from dovetail_models.backend.choice import Backend
from dovetail_models.backend.install.environment import Environment
from dovetail_models.backend.install.installers import OnLine
from dovetail_models.backend.trial.report import BuildReport, Device, Trial
from dovetail_models.backend.wheels.index import DEFAULT_INDEX
from dovetail_models.file_lock import FileLock
from tests.models.backend import index_server
from tests.models.backend.index_server import PLATFORMS, write_wheel
from tests.models.backend.recorded import RecordedMachine, nvidia
from tests.models.backend.scratch_environment import Scratch

CPU = Device("CPU", "a processor", "cpu", "CPU", 1 << 34)
GPU = Device("CUDA0", "NVIDIA GeForce RTX 4090", "gpu", "CUDA", 24 << 30)
PLAIN = BuildReport("0.3.36", "AVX2 = 1", ("CPU",), (CPU,), 1.0, 1.0, 1.0)
FAST = BuildReport("0.3.36", "CUDA", ("CUDA", "CPU"), (GPU, CPU), 1.0, 0.1, 0.1)
RTX_4090 = RecordedMachine("Linux", "x86_64", nvidia("550.54.15", "12.4", "NVIDIA GeForce RTX 4090, 8.9"))
NO_GPU = RecordedMachine("Linux", "x86_64")


@dataclasses.dataclass
class Unpacker:
    """An installer that unpacks wheels."""

    site: Path
    name: str = "pip"
    compiled: list[tuple[Backend, str]] = dataclasses.field(default_factory=list)

    def install(self, wheel: Path) -> None:
        for folder in (*self.site.glob("llama_cpp_python-*"), self.site / "llama_cpp"):
            shutil.rmtree(folder, ignore_errors=True)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self.site)

    def add(self, requirements: Sequence[str]) -> None:
        raise AssertionError(f"{requirements} are not needed here")

    def remove(self, names: Sequence[str]) -> None:
        raise AssertionError(f"{names} were never added")

    def compile(self, backend: Backend, versions: str, folder: Path, on_line: OnLine) -> Path:
        self.compiled.append((backend, versions))
        on_line("[1/2] Building CXX object x.o")
        return write_wheel(folder, "0.3.36", "any")


@dataclasses.dataclass
class Bench:
    """Everything that a run of the command meets."""

    environment: Environment
    installer: Unpacker
    use: Callable[..., None]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return an environment with 0.3.36. `use(machine, trials...)` sets what probes and child processes report."""
    environment = Environment(tmp_path / "site", tmp_path / "state")
    for folder in (environment.kept, environment.staged, environment.site):
        folder.mkdir(parents=True)
    installer = Unpacker(environment.site)
    installer.install(write_wheel(tmp_path, "0.3.36", "any"))
    monkeypatch.setattr(command, "running_environment", lambda: environment)
    monkeypatch.setattr(command, "find_installer", lambda: installer)

    def use(machine: RecordedMachine, *trials: Trial) -> None:
        remaining = iter(trials)
        monkeypatch.setattr(command, "LocalProbes", lambda: machine)
        monkeypatch.setattr(command, "run_trial", lambda _: next(remaining))

    return Bench(environment, installer, use)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """Yield the address of an index with wheels for every tag that any Python can use."""
    for tag in PLATFORMS:
        write_wheel(tmp_path / "index" / "files" / tag, "0.3.36", "any")
        index_server.write_page(tmp_path / "index", tag)
    with index_server.serve(tmp_path / "index") as address:
        yield address


def last_line(captured: pytest.CaptureFixture[str]) -> str:
    return captured.readouterr().err.splitlines()[-1]


def test_without_an_argument_it_shows_what_there_is(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.use(RTX_4090, PLAIN)
    assert main(["backend"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "installed: llama-cpp-python 0.3.36, built for CPU",
        "  device CPU: a processor (cpu, 16.0 GiB)",
        "machine: Linux x86_64",
        "  GPU: NVIDIA GeForce RTX 4090 (compute capability 8.9)",
        "  NVIDIA driver 550.54.15, supports CUDA 12.4",
        "could use, best first:",
        "  cuda: cu124 (NVIDIA driver for CUDA 12.4)",
        "  cpu: cpu (runs on any processor with AVX2 or of 64-bit Arm)",
        "to install: dovetail backend auto",
    ]
    bench.use(RTX_4090, PLAIN)
    assert main(["backend", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["installed"]["version"] == "0.3.36"
    assert shown["machine"]["nvidia"]["cuda"] == [12, 4]
    assert shown["candidates"][0]["tag"] == "cu124"


def test_auto_installs_the_gpu_build_and_says_how_fast_it_is(
    bench: Bench, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.use(RTX_4090, PLAIN, PLAIN, FAST)
    assert main(["backend", "auto", "--yes", "--index", index]) == 0
    said = capsys.readouterr()
    assert said.out == (
        "llama-cpp-python 0.3.36 for cuda is installed and works on NVIDIA GeForce RTX 4090; "
        "10.0 times as fast as the build before (0.20 s against 2.00 s for one answer)\n"
    )
    assert f"from {index}files/cu124/llama_cpp_python-0.3.36-py3-none-any.whl" in said.err
    assert not bench.environment.staged.exists()
    bench.use(RTX_4090, FAST)
    assert main(["backend", "auto", "--index", index]) == 0
    assert capsys.readouterr().out == ("nothing to do: llama-cpp-python 0.3.36 uses NVIDIA GeForce RTX 4090 already\n")


def test_a_build_that_is_rolled_back_ends_with_one_line(
    bench: Bench, index: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.use(RTX_4090, PLAIN, PLAIN, PLAIN)
    assert main(["backend", "cuda", "--yes", "--index", index]) == 1
    assert last_line(capsys) == (
        "dovetail: the cuda build (cu124) was not kept: it sees no GPU, only CPU. 0.3.36 is back in its place"
    )
    bench.use(RTX_4090, PLAIN, PLAIN, PLAIN)
    assert main(["backend", "cuda", "--yes", "--index", index, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["result"], answer["tag"]) == ("rolled back", "cu124")


def test_auto_leaves_a_cpu_build_alone_where_no_gpu_wheel_fits(
    bench: Bench, index: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.use(NO_GPU, PLAIN)
    assert main(["backend", "auto", "--index", index]) == 0
    assert capsys.readouterr().out.startswith("nothing to do: llama-cpp-python 0.3.36 works, and no GPU wheel fits")
    for tag in PLATFORMS:
        if tag.startswith("cu"):
            shutil.rmtree(tmp_path / "index" / tag)
    bench.use(RTX_4090, PLAIN)
    assert main(["backend", "auto", "--index", index]) == 0
    said = capsys.readouterr()
    assert "note: the index has no llama-cpp-python<0.4,>=0.3.36 under cu124 (it has none for this system)" in said.err
    assert "`dovetail backend cuda --compile` compiles it, which needs a C++ compiler and the CUDA Toolkit" in said.err
    assert 'by hand: CMAKE_ARGS="-DGGML_CUDA=on" ' in said.err


@pytest.mark.parametrize(
    ("words", "status", "line"),
    [
        (["cuda", "--yes"], 1, "no NVIDIA GPU was found: choose another backend"),
        (["cpu", "--index", "ftp://example.org"], 1, "ftp://example.org is not a wheel index: give an address"),
        (["--yes"], 2, "name what to install: auto, cpu, cuda, metal, vulkan, rocm"),
        (["gpu"], 2, "invalid choice: 'gpu'"),
        (["cpu", "--yes", "--index", "http://127.0.0.1:9/"], 1, "the wheel index cannot be reached"),
    ],
)
def test_what_cannot_be_done_ends_with_one_line(
    bench: Bench, capsys: pytest.CaptureFixture[str], words: list[str], status: int, line: str
) -> None:
    bench.use(NO_GPU, PLAIN)
    assert main(["backend", *words]) == status
    assert line in last_line(capsys)


def test_nothing_is_installed_without_being_asked(
    bench: Bench, index: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(bench.environment.site.rglob("*"))
    bench.use(NO_GPU, PLAIN)
    assert main(["backend", "cpu", "--index", index]) == 2
    assert last_line(capsys).endswith("add --yes")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda: "n")
    bench.use(NO_GPU, PLAIN)
    assert main(["backend", "cpu", "--index", index]) == 1
    assert "nothing was changed" in last_line(capsys)
    assert sorted(bench.environment.site.rglob("*")) == before


def test_two_runs_at_a_time_are_one_too_many(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.use(NO_GPU)
    lock = FileLock.take(bench.environment.state / "lock")
    assert lock is not None
    try:
        assert main(["backend", "cpu", "--yes"]) == 1
    finally:
        lock.release()
    assert "another `dovetail backend` changes this environment" in last_line(capsys)


def test_a_wheel_is_compiled_only_where_that_is_asked_for(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    bench.use(RTX_4090, PLAIN, PLAIN, FAST)
    assert main(["backend", "auto", "--compile", "--yes"]) == 0
    assert bench.installer.compiled == [("cuda", "<0.4,>=0.3.36")]
    said = capsys.readouterr()
    assert "compile llama-cpp-python<0.4,>=0.3.36 for cuda in place of 0.3.36 (CPU); this takes minutes" in said.err


@pytest.mark.long
@pytest.mark.xdist_group("scratch environment")
def test_pip_takes_the_wheel_where_the_main_index_has_a_newer_source(scratch: Scratch, tmp_path: Path) -> None:
    """The form of the README's command: pip would compile in silence without --prefer-binary."""
    platform = next(tag.platform for tag in sys_tags())
    main_index, wheel_index = tmp_path / "main", tmp_path / "wheels"
    write_wheel(wheel_index / "files" / "cpu", "0.3.36", platform)
    index_server.write_page(wheel_index, "cpu")
    source = main_index / "llama-cpp-python" / "llama_cpp_python-0.3.99.tar.gz"
    source.parent.mkdir(parents=True)
    source.write_bytes(b"whoever opens this wants to compile")
    (source.parent / "index.html").write_text(f'<a href="{source.name}">{source.name}</a>')
    environment = {name: value for name, value in scratch.variables.items() if name != "PIP_NO_INDEX"}
    there = dataclasses.replace(scratch, variables=environment)
    with index_server.serve(main_index) as main_address, index_server.serve(wheel_index) as address:
        indexes = ["--index-url", main_address, "--extra-index-url", f"{address}cpu/"]
        download = ["-m", "pip", "download", "--no-deps", "-d", str(tmp_path / "got"), *indexes]
        plain = there.run(*download, "llama-cpp-python>=0.3.36,<0.4")
        preferring = there.run(*download, "--prefer-binary", "llama-cpp-python>=0.3.36,<0.4")
    assert plain.returncode != 0
    assert "0.3.99" in plain.stdout
    assert preferring.returncode == 0, preferring.stderr
    assert [path.name for path in (tmp_path / "got").glob("*.whl")] == [
        f"llama_cpp_python-0.3.36-py3-none-{platform}.whl"
    ]


def test_all_installers_name_one_index_and_one_range(repository: Path) -> None:
    extension = (repository / "editors" / "vscode" / "src" / "program" / "plan.ts").read_text("utf-8")
    assert f'WHEEL_INDEX = "{DEFAULT_INDEX}"' in extension
    (allowed,) = re.findall(r'"llama-cpp-python(.*?)"', (repository / "pyproject.toml").read_text("utf-8"))
    for page in ("README.md", "docs/install.md"):
        text = (repository / page).read_text("utf-8")
        assert f"{DEFAULT_INDEX}cpu" in text
        assert set(re.findall(r'"llama-cpp-python([^"]+)"', text)) == {allowed}
