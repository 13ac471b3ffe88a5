"""`:Dovetail install` with programs in the places of uv and Python, and once with the real ones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.editors.nvim.conftest import Start
from tests.editors.nvim.driver import SERVER, Editor, wait_for

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the programs in the places of uv and Python are shell scripts")

# Both write each call as a line, and make an interpreter that starts the scripted server.
RECORD = 'printf "%s\\n" "$(basename "$0") $*${PYTHONPATH:+ with PYTHONPATH}" >> "$CALLS"'
INTERPRETER = f"""#!/bin/sh
{RECORD}
case "$*" in
  *"--only-binary"*) test ! -f "$FAILURES/binary" || {{ cat "$FAILURES/binary" >&2; exit 1; }};;
  *"pip install"*) test ! -f "$FAILURES/source" || {{ cat "$FAILURES/source" >&2; exit 1; }};;
  *"dovetail --version") test ! -f "$FAILURES/start" || {{ cat "$FAILURES/start" >&2; exit 1; }}; echo dovetail 9.9;;
  *"dovetail serve") exec "$REAL_PYTHON" "$SCRIPTED_SERVER";;
esac
"""
UV = f"""#!/bin/sh
{RECORD}
for last; do :; done
case "$1" in
  --version) echo "uv 9.9";;
  venv)
    test ! -f "$FAILURES/venv" || {{ cat "$FAILURES/venv" >&2; exit 1; }}
    mkdir -p "$last/bin" && cp "$INTERPRETER" "$last/bin/python";;
  pip) shift; exec "$3" -m pip "$@";;
esac
"""
PYTHON = f"""#!/bin/sh
{RECORD}
for last; do :; done
case "$*" in
  --version) echo "Python $VERSION_OF_PYTHON";;
  *"-m venv"*)
    test ! -f "$FAILURES/venv" || {{ cat "$FAILURES/venv" >&2; exit 1; }}
    mkdir -p "$last/bin" && cp "$INTERPRETER" "$last/bin/python";;
esac
"""
ANSWER = "vim.ui.select = function(items, options, choose) vim.g.asked = options.prompt choose(items[{}]) end"


class Machine:
    """A folder of programs that is the whole PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.failures = folder / "failures"
        self.bin.mkdir(parents=True)
        self.failures.mkdir()
        for name in ("sh", "basename", "mkdir", "cp", "cat", "sleep", "rm"):
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.program("interpreter", INTERPRETER, folder)

    def program(self, name: str, text: str, folder: Path | None = None) -> None:
        path = (folder or self.bin) / name
        path.write_text(text)
        path.chmod(0o755)

    def fail(self, step: str, output: str) -> None:
        (self.failures / step).write_text(output)

    def variables(self, python_version: str = "3.12.1") -> dict[str, str]:
        return {
            "PATH": str(self.bin),
            "CALLS": str(self.folder / "calls"),
            "FAILURES": str(self.failures),
            "INTERPRETER": str(self.folder / "interpreter"),
            "VERSION_OF_PYTHON": python_version,
            "REAL_PYTHON": sys.executable,
            "SCRIPTED_SERVER": str(SERVER),
            "PYTHONPATH": "/somebody/elses",
        }

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def install(edit: Editor) -> str:
    """Install, wait for the end and return the messages."""
    edit.nvim.command("Dovetail install")
    wait_for(lambda: not edit.lua("return require('dovetail.install').is_running()"), "the end", 60)
    return edit.messages()


def environments(edit: Editor) -> list[Path]:
    return sorted((edit.folder / "DATA").glob("nvim/dovetail/environment-*"))


def log_of(edit: Editor) -> str:
    return "\n".join(edit.lua("return vim.api.nvim_buf_get_lines(vim.fn.bufnr('dovetail://install'), 0, -1, false)"))


def test_with_uv_the_server_is_installed_found_and_started(start: Start, machine: Machine) -> None:
    machine.program("uv", UV)
    edit = start(cmd=None, variables=machine.variables())
    edit.open(attached=False)
    assert "no server is installed: `:Dovetail install` installs it" in edit.messages()
    said = install(edit)
    steps = (
        "Making an environment (1 of 3)",
        "Installing Dovetail and what it needs (2 of 3)",
        "Starting it once (3 of 3)",
    )
    for step in steps:
        assert f"dovetail: {step}" in said
        assert f"== {step}" in log_of(edit)
    assert "dovetail 9.9" in log_of(edit)
    assert "installed: the server is started" in said
    (folder,) = environments(edit)
    python = str(folder / "bin" / "python")
    calls = machine.calls()
    assert f"uv venv --no-project --clear --python >=3.11 {folder}" in calls
    (pip,) = (call for call in calls if call.startswith("uv pip install"))
    assert f"--python {python} " in pip
    assert pip.endswith("--only-binary llama-cpp-python dovetail")
    assert "/llama-cpp-python/whl/" in pip
    assert edit.lua("return require('dovetail.server').command()") == [python, "-E", "-P", "-m", "dovetail", "serve"]
    edit.wait_attached()


def test_without_uv_a_new_enough_python_makes_the_environment(start: Start, machine: Machine) -> None:
    machine.program("python3", PYTHON)
    edit = start(cmd=None, variables=machine.variables(), options={"server": {"install_from": "dovetail==0.1.0"}})
    assert "installed: the server is started" in install(edit)
    (folder,) = environments(edit)
    calls = machine.calls()
    assert f"python3 -E -P -m venv --clear {folder}" in calls
    (pip,) = (call for call in calls if "-m pip install" in call)
    assert pip.startswith("python -E -P -m pip install --disable-pip-version-check --no-input --retries 1")
    assert pip.endswith("--only-binary llama-cpp-python dovetail==0.1.0")


def test_a_checkout_is_installed_by_its_full_path(start: Start, machine: Machine, tmp_path: Path) -> None:
    machine.program("uv", UV)
    (tmp_path / "checkout").mkdir()
    edit = start(cmd=None, variables=machine.variables(), options={"server": {"install_from": "checkout"}})
    install(edit)
    assert any(call.rstrip("/").endswith(f" {tmp_path}/checkout") for call in machine.calls())


@pytest.mark.parametrize(
    ("step", "output", "reason"),
    [
        ("venv", "ensurepip is not available", "This Python cannot make environments: install python3-venv"),
        ("venv", "OSError: [Errno 28] No space left on device", "The disk is full: free about 500 MB"),
        (
            "venv",
            "[Errno 13] Permission denied: '/x'",
            "Neovim's data folder cannot be written: correct its permissions",
        ),
        ("binary", "Temporary failure in name resolution", "The package index cannot be reached: check the network"),
        ("binary", "SSL: CERTIFICATE_VERIFY_FAILED", "certificate is not trusted: set SSL_CERT_FILE"),
        ("binary", "dovetail-0.1 has hash mismatch", "A package arrived damaged: install again."),
        ("binary", "", "The installation failed: `:Dovetail install log` has the details."),
        ("start", "ImportError: libgomp", "The installation failed: `:Dovetail install log` has the details."),
    ],
    ids=["no-venv", "disk-full", "not-writable", "offline", "certificate", "damaged", "silent", "does-not-start"],
)
def test_a_failure_names_its_fix_and_leaves_nothing(
    start: Start, machine: Machine, step: str, output: str, reason: str
) -> None:
    machine.program("python3", PYTHON)
    machine.fail(step, output)
    edit = start(cmd=None, variables=machine.variables())
    assert reason in install(edit)
    assert output in log_of(edit)
    assert environments(edit) == []
    assert edit.lua("return select(2, require('dovetail.server').command())") == "missing"


@pytest.mark.parametrize("version", ["3.10.4", "2.7.18", "4"])
def test_an_old_python_is_not_taken(start: Start, machine: Machine, version: str) -> None:
    machine.program("python3", PYTHON)
    edit = start(cmd=None, variables=machine.variables(version))
    assert "No Python 3.11 or newer was found: install one from python.org" in install(edit)
    assert environments(edit) == []


PIP_SAYS = "ERROR: No matching distribution found for llama-cpp-python<0.4,>=0.3.36"
UV_SAYS = """  x No solution found when resolving dependencies:
  Because llama-cpp-python has no wheels with a matching
  platform tag and dovetail depends on llama-cpp-python, we can conclude that
  your requirements are unsatisfiable."""


@pytest.mark.parametrize("output", [PIP_SAYS, UV_SAYS], ids=["pip", "uv"])
@pytest.mark.parametrize("agreed", [True, False], ids=["agreed", "refused"])
def test_a_compiler_is_used_only_after_a_question(start: Start, machine: Machine, output: str, agreed: bool) -> None:
    machine.program("python3", PYTHON)
    machine.fail("binary", output)
    edit = start(cmd=None, variables=machine.variables(), before=ANSWER.format(1 if agreed else 2))
    said = install(edit)
    assert "No ready-made build of llama.cpp fits this machine." in edit.nvim.vars["asked"]
    compiling = [call for call in machine.calls() if "pip install" in call and "--only-binary" not in call]
    if agreed:
        assert "Installing, with a compiler (this takes minutes) (2 of 3)" in said
        assert "installed: the server is started" in said
        assert len(compiling) == 1
    else:
        assert "llama.cpp was not built: install again to be asked again." in said
        assert (compiling, environments(edit)) == ([], [])


def test_a_build_that_fails_names_the_compiler(start: Start, machine: Machine) -> None:
    machine.program("python3", PYTHON)
    machine.fail("binary", PIP_SAYS)
    machine.fail("source", "CMake Error: CMAKE_C_COMPILER not set\nFailed building wheel for llama-cpp-python")
    edit = start(cmd=None, variables=machine.variables(), before=ANSWER.format(1))
    assert "Building llama.cpp failed: install a C++ compiler, then install again." in install(edit)


def test_a_failure_keeps_the_environment_before_in_use(start: Start, machine: Machine) -> None:
    machine.program("python3", PYTHON)
    edit = start(cmd=None, variables=machine.variables())
    install(edit)
    kept = environments(edit)
    machine.fail("binary", "Connection refused")
    edit.nvim.command("messages clear")
    assert "The package index cannot be reached" in install(edit)
    assert environments(edit) == kept
    assert edit.lua("return require('dovetail.server').command()[1]") == str(kept[0] / "bin" / "python")


def test_an_installation_can_be_stopped_and_runs_once(start: Start, machine: Machine) -> None:
    machine.program("uv", UV.replace("venv)\n", "venv)\n    sleep 60\n"))
    edit = start(cmd=None, variables=machine.variables())
    edit.nvim.command("Dovetail install")
    wait_for(lambda: any(call.startswith("uv venv") for call in machine.calls()))
    assert edit.lua("return require('dovetail.status').text()") == "dovetail: installing"
    edit.nvim.command("Dovetail install")
    assert "an installation is running already: `:Dovetail! install` stops it" in edit.messages()
    edit.nvim.command("Dovetail! install")
    wait_for(lambda: not edit.lua("return require('dovetail.install').is_running()"), "the end")
    assert "The installation was stopped: `:Dovetail install` begins again." in edit.messages()
    assert environments(edit) == []
    assert edit.lua("return require('dovetail.status').text()") == "dovetail: off"


def test_a_server_on_path_comes_first_and_is_named(start: Start, machine: Machine) -> None:
    machine.program("uv", UV)
    machine.program("dovetail", "#!/bin/sh\nexit 1\n")
    edit = start(cmd=None, variables=machine.variables())
    assert f"installed, but `{machine.bin}/dovetail` on PATH comes first: remove it" in install(edit)


def test_replaced_environments_are_removed_after_a_week(start: Start, machine: Machine) -> None:
    machine.program("uv", UV)
    edit = start(cmd=None, variables=machine.variables())
    storage = edit.folder / "DATA" / "nvim" / "dovetail"
    (storage / "environment-1000000000000000" / "bin").mkdir(parents=True)
    (storage / "mine").mkdir()
    install(edit)
    assert len(environments(edit)) == 1
    assert (storage / "mine").is_dir()


@pytest.mark.parametrize(
    "pointer",
    ["", "[]", '{"folder": "../../elsewhere"}', '{"folder": "environment-5"}'],
    ids=["empty", "list", "elsewhere", "gone"],
)
def test_a_pointer_that_leads_nowhere_is_no_installation(start: Start, machine: Machine, pointer: str) -> None:
    edit = start(cmd=None, variables=machine.variables())
    storage = edit.folder / "DATA" / "nvim" / "dovetail"
    storage.mkdir(parents=True)
    (storage / "environment.json").write_text(pointer)
    assert edit.lua("return select(2, require('dovetail.server').command())") == "missing"


def test_the_log_stays_and_can_be_shown_again(start: Start, machine: Machine) -> None:
    machine.program("uv", UV)
    edit = start(cmd=None, variables=machine.variables())
    install(edit)
    (window,) = (each for each in edit.nvim.windows if each.buffer.name.endswith("dovetail://install"))
    assert window.handle != edit.nvim.current.window.handle
    edit.nvim.current.window = window
    edit.type("q")
    wait_for(lambda: len(edit.nvim.windows) == 1)
    edit.nvim.command("Dovetail install log")
    assert len(edit.nvim.windows) == 2
    assert "== Done" in log_of(edit)


@pytest.mark.skipif(
    not os.environ.get("DOVETAIL_INSTALL_FOR_REAL"),
    reason="installs some hundred megabytes: set $DOVETAIL_INSTALL_FOR_REAL, with a package index or wheels for pip",
)
def test_the_checkout_is_installed_for_real(start: Start, repository: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in os.environ["DOVETAIL_INSTALL_FOR_REAL"].split(","):  # such as uv or python3.11
        (programs / name).symlink_to(shutil.which(name) or name)
    cache = subprocess.run([sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True, check=True)
    edit = start(
        cmd=None,
        watchdog_s=900,
        before=ANSWER.format(1),  # where the index has no ready-made build, llama.cpp is compiled
        options={"server": {"install_from": str(repository)}},
        variables={
            "PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin",
            "PIP_CACHE_DIR": cache.stdout.strip(),  # a build of earlier is in it
        },
    )
    edit.nvim.command("Dovetail install")
    wait_for(lambda: not edit.lua("return require('dovetail.install').is_running()"), "the end", 800)
    assert "installed: the server is started" in edit.messages(), log_of(edit)
    assert "dovetail 0.1" in log_of(edit)
    shutil.copytree(repository / "docs" / "example", tmp_path / "example")
    edit.nvim.command(f"edit {tmp_path / 'example' / 'library' / 'readers.py'}")
    wait_for(lambda: edit.lua("return require('dovetail').status().state") == "ready", "the model", 60)
    (folder,) = environments(edit)
    assert json.loads((folder.parent / "environment.json").read_text()) == {"folder": folder.name}
