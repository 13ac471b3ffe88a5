"""Replacing a build in a real environment by a real pip: kept files, rollback, and the state after a kill."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dovetail_models.backend.choice import Backend
from dovetail_models.backend.errors import BackendError
from dovetail_models.backend.install import journal, replace as replacing
from dovetail_models.backend.install.installers import OnLine, Pip, Uv
from dovetail_models.backend.install.replace import Replacement, repair, replace
from dovetail_models.backend.trial.report import BuildReport, Device, Failure, Trial
from tests.models.backend import index_server
from tests.models.backend.index_server import write_wheel
from tests.models.backend.scratch_environment import PLATFORM, Scratch

pytestmark = [pytest.mark.xdist_group("scratch environment"), pytest.mark.long]

CPU = Device("CPU", "a processor", "cpu", "CPU", 1 << 34)
GPU = Device("CUDA0", "a GPU", "gpu", "CUDA", 1 << 33)
BEFORE = BuildReport("0.3.36", "", ("CPU",), (CPU,), 1.0, 1.0, 1.0)
FAST = BuildReport("0.3.37", "", ("CUDA", "CPU"), (GPU, CPU), 1.0, 0.1, 0.1)
CRASH = b"import os, signal\nos.kill(os.getpid(), signal.SIGILL if hasattr(signal, 'SIGILL') else signal.SIGABRT)\n"


@pytest.fixture
def new_wheel(tmp_path: Path) -> Path:
    """Write a wheel whose files have other paths than those of the previous build."""
    files = {"llama_cpp/__init__.py": CRASH, "llama_cpp/only_here.py": b"", "llama_cpp_python.libs/libx.so": b"x"}
    return write_wheel(tmp_path, "0.3.37", PLATFORM, files)


@pytest.fixture(autouse=True)
def pip_without_network(scratch: Scratch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pip that `replace` starts inherits this process's variables."""
    for name in ("PIP_CONFIG_FILE", "PIP_NO_INDEX"):
        monkeypatch.setenv(name, scratch.variables[name])


def do(scratch: Scratch, wheel: Path, backend: Backend, *trials: Trial) -> tuple[str, list[str]]:
    """Replace with scripted trials; return the objection and the steps."""
    steps: list[str] = []
    remaining = iter(trials)
    outcome = replace(
        scratch.environment,
        Replacement(wheel, backend),
        Pip(scratch.python),
        BEFORE,
        lambda: next(remaining),
        steps.append,
    )
    return outcome.objection, steps


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGILL to send")
def test_a_wheel_that_crashes_on_load_is_rolled_back(scratch: Scratch, tmp_path: Path) -> None:
    """Everything is real here: the command, the index, pip, the child that crashes."""
    write_wheel(tmp_path / "files" / "cpu", "0.3.37", PLATFORM, {"llama_cpp/__init__.py": CRASH})
    index_server.write_page(tmp_path, "cpu")
    before = scratch.state()
    with index_server.serve(tmp_path) as address:
        ended = scratch.dovetail("backend", "cpu", "--yes", "--index", address)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "dovetail: the cpu build (cpu) was not kept: it crashed while it was loaded (Illegal instruction). "
        "0.3.36 is back in its place; `dovetail backend cpu --compile` builds one for this machine"
    )
    assert scratch.state() == before
    assert not (scratch.environment.state / "journal.json").exists()
    assert not scratch.environment.kept.exists()


def test_a_build_that_works_stays(scratch: Scratch, real_wheels: Path, tmp_path: Path) -> None:
    shutil.copytree(real_wheels, tmp_path / "files" / "cpu")
    index_server.write_page(tmp_path, "cpu")
    with index_server.serve(tmp_path) as address:
        ended = scratch.dovetail("backend", "cpu", "--yes", "--index", address, "--json")
        assert ended.returncode == 0, ended.stderr
        again = scratch.dovetail("backend", "auto", "--index", address)
    answer = json.loads(ended.stdout)
    assert answer["result"] == "installed"
    assert answer["before"]["version"] == "0.3.36"
    assert answer["after"]["agreement"] == 1.0
    assert answer["after"]["read_s"] > 0 and answer["after"]["write_s"] > 0
    assert [path.name for path in scratch.environment.site.glob("llama_cpp_python-*")] == [
        "llama_cpp_python-0.3.37.dist-info"
    ]
    assert again.stdout.startswith("nothing to do: llama-cpp-python 0.3.37 works"), again.stdout + again.stderr


def test_a_build_that_is_worse_is_rolled_back(scratch: Scratch, new_wheel: Path) -> None:
    before = scratch.state()
    objection, steps = do(scratch, new_wheel, "cuda", dataclasses.replace(FAST, read_s=3.0))
    assert objection.startswith("it is slower here")
    assert steps[-1] == "putting back the build from before"
    assert scratch.state() == before


def test_a_gpu_build_that_is_faster_stays(scratch: Scratch, new_wheel: Path) -> None:
    objection, _ = do(scratch, new_wheel, "cuda", FAST)
    assert objection == ""
    state = scratch.state()
    assert "llama_cpp/only_here.py" in state
    assert not any(name.startswith("llama_cpp_python-0.3.36") for name in state)
    assert journal.read(scratch.environment.state) is None


def test_an_installer_that_fails_leaves_everything_as_it_was(scratch: Scratch, tmp_path: Path) -> None:
    before = scratch.state()
    wheel = write_wheel(tmp_path, "0.3.37", "plan9_mips")
    with pytest.raises(BackendError, match=r"pip failed .*is not a supported wheel on this platform"):
        do(scratch, wheel, "cpu")
    assert scratch.state() == before


def test_a_full_disk_is_noticed_before_anything_changes(
    scratch: Scratch, new_wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = scratch.state()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", full)
    with pytest.raises(OSError, match="No space left"):
        do(scratch, new_wheel, "cpu", FAST)
    assert scratch.state() == before
    assert journal.read(scratch.environment.state) is None


def test_a_wheel_that_writes_elsewhere_is_refused(scratch: Scratch, tmp_path: Path) -> None:
    before = scratch.state()
    wheel = write_wheel(tmp_path, "0.3.37", PLATFORM, {"../outside.py": b""})
    with pytest.raises(BackendError, match="outside of the environment"):
        do(scratch, wheel, "cpu", FAST)
    assert scratch.state() == before


KILLED = """
import os, signal, sys
from pathlib import Path
from dovetail_models.backend.install import environment
from dovetail_models.backend.install import replace as replacing
from dovetail_models.backend.install.installers import Pip
from dovetail_models.backend.trial.report import Failure

def die(*_): os.kill(os.getpid(), signal.SIGKILL)
stage, site, state, wheel = sys.argv[1:]
where = environment.Environment(Path(site), Path(state))
class Installer(Pip):
    def install(self, wheel):
        if stage == "between remove and install":
            self.remove(["llama-cpp-python"])
            (where.site / "~lama_cpp").mkdir()
            (where.site / "~lama_cpp" / "left.py").touch()
            die()
        if stage == "half removed":
            environment.remove(where.site, replacing.installed_files(where.site)[::2])
            die()
        super().install(wheel)
        if stage == "installed": die()
if stage == "in the roll-back":
    replacing.put_back = die
replacing.replace(
    where, replacing.Replacement(Path(wheel), "cpu"), Installer(sys.executable), None, lambda: Failure("no"), print
)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL to send")
@pytest.mark.parametrize("stage", ["between remove and install", "half removed", "installed", "in the roll-back"])
def test_the_next_run_repairs_what_a_kill_left(scratch: Scratch, new_wheel: Path, stage: str) -> None:
    before = scratch.state()
    where = scratch.environment
    ended = scratch.run("-c", KILLED, stage, str(where.site), str(where.state), str(new_wheel))
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert scratch.state() != before
    with pytest.raises(BackendError, match="did not finish"):
        do(scratch, new_wheel, "cpu", FAST)
    if stage == "between remove and install":
        shown = scratch.dovetail("backend")
        assert shown.returncode == 0, shown.stderr
        assert "did not finish and was undone: llama-cpp-python 0.3.36 is back" in shown.stderr
        assert "installed: llama-cpp-python 0.3.36, built for CPU" in shown.stdout
    else:
        assert repair(scratch.environment, Pip(scratch.python).remove) == "0.3.36"
    assert scratch.state() == before


def test_a_damaged_journal_is_reported(scratch: Scratch) -> None:
    path = scratch.environment.state / "journal.json"
    path.write_text('{"version": "0.3.36"')
    try:
        with pytest.raises(BackendError, match="cannot be read"):
            repair(scratch.environment, Pip(scratch.python).remove)
    finally:
        path.unlink()


@dataclasses.dataclass
class WithCudaLibraries:
    """pip, and a package index that has NVIDIA's libraries."""

    pip: Pip
    site: Path
    name: str = "pip"
    removed: list[str] = dataclasses.field(default_factory=list)

    def install(self, wheel: Path) -> None:
        self.pip.install(wheel)

    def add(self, requirements: Sequence[str]) -> None:
        assert requirements == ("nvidia-cuda-runtime-cu12==12.4.*", "nvidia-cublas-cu12==12.4.*")
        for name in ("nvidia_cuda_runtime_cu12", "nvidia_cublas_cu12", "needed_by_cublas"):
            info = self.site / f"{name}-12.4.1.dist-info"
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 12.4.1\n")

    def remove(self, names: Sequence[str]) -> None:
        self.removed += names
        for name in names:
            shutil.rmtree(self.site / f"{name.replace('-', '_')}-12.4.1.dist-info")

    def compile(self, backend: Backend, versions: str, folder: Path, on_line: OnLine) -> Path:
        raise AssertionError("nothing is compiled here")


@pytest.mark.parametrize("second", [FAST, Failure("it crashed")])
def test_missing_cuda_libraries_are_added_and_removed_again(scratch: Scratch, new_wheel: Path, second: Trial) -> None:
    before = scratch.state()
    missing = Failure("it failed while it was loaded (OSError: libcudart.so.12: cannot open shared object file)")
    trials = iter((missing, second))
    installer = WithCudaLibraries(Pip(scratch.python), scratch.environment.site)
    outcome = replace(
        scratch.environment,
        Replacement(new_wheel, "cuda", (12, 4)),
        installer,
        BEFORE,
        lambda: next(trials),
        lambda _: None,
    )
    if second is FAST:
        assert outcome.objection == ""
        assert installer.removed == []
        installer.remove(["nvidia-cuda-runtime-cu12", "nvidia-cublas-cu12", "needed-by-cublas"])
    else:
        assert outcome.objection == "it crashed"
        assert sorted(installer.removed) == ["needed-by-cublas", "nvidia-cublas-cu12", "nvidia-cuda-runtime-cu12"]
        assert scratch.state() == before


def test_uv_replaces_and_its_build_is_rolled_back_too(scratch: Scratch, new_wheel: Path) -> None:
    program = shutil.which("uv")
    if program is None:
        pytest.skip("uv is not installed")
    before = scratch.state()
    installer = Uv(program, scratch.python)
    steps: list[str] = []
    replacement = Replacement(new_wheel, "cuda")

    def trial(result: Trial) -> Callable[[], Trial]:
        def seen() -> Trial:
            assert "llama_cpp/only_here.py" in scratch.state()
            return result

        return seen

    outcome = replace(scratch.environment, replacement, installer, BEFORE, trial(Failure("it crashed")), steps.append)
    assert outcome.objection == "it crashed"
    assert "installing with uv" in steps
    assert scratch.state() == before


def test_nothing_installed_before_is_nothing_again(scratch: Scratch, new_wheel: Path) -> None:
    scratch.pip("uninstall", "--yes", "llama-cpp-python")
    before = scratch.state()
    outcome = replacing.replace(
        scratch.environment,
        Replacement(new_wheel, "cpu"),
        Pip(scratch.python),
        None,
        lambda: Failure("it crashed"),
        lambda _: None,
    )
    assert outcome.objection == "it crashed"
    assert scratch.state() == before
