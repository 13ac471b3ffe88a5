"""What a confined process can still do, and a host that starts in a sandbox or without."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_models.engine.host import process, sandbox
from dovetail_models.engine.ipc.registry import RegistryEntry, key_of
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.prompt.parts import PromptParts
from tests.models.conftest import NewClient

JOB = CompletionJob(PromptParts((), "a.py", "def f(", ""), "test", 4)

TRIES = """
import json, os, socket, subprocess, sys
from pathlib import Path
from dovetail_models.engine.host import sandbox

own, other, model, port = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
held = sandbox.confine([*sandbox.readable_folders(), model], [own])

def attempt(work):
    try:
        work()
    except OSError as error:
        return type(error).__name__
    return "done"

def connect(family, address):
    socket.socket(family).connect(address)

print(json.dumps({
    "held": held.held, "missing": held.missing,
    "connect": attempt(lambda: connect(socket.AF_INET, ("127.0.0.1", port))),
    "connect by IPv6": attempt(lambda: connect(socket.AF_INET6, ("::1", port))),
    "local socket": attempt(lambda: socket.socket(socket.AF_UNIX).bind(str(own / "s"))),
    "write in its folder": attempt(lambda: (own / "a").write_text("x")),
    "remove in its folder": attempt(lambda: (own / "a").unlink()),
    "write elsewhere": attempt(lambda: (other / "b").write_text("x")),
    "overwrite elsewhere": attempt(lambda: (other / "text").write_text("x")),
    "remove elsewhere": attempt(lambda: (other / "text").unlink()),
    "read elsewhere": attempt(lambda: (other / "text").read_text()),
    "list elsewhere": attempt(lambda: os.listdir(other)),
    "read the model": attempt(lambda: model.read_bytes()),
    "write the model": attempt(lambda: model.open("r+b")),
    "start a program": attempt(lambda: subprocess.run([sys.executable, "-c", ""])),
    "import": attempt(lambda: __import__("numpy")),
}))
"""


def tried(folder: Path) -> dict[str, object]:
    """Return what a confined process can do."""
    import socket

    own, other, model = folder / "own", folder / "other", folder / "models" / "m.gguf"
    for path in (own, other, model.parent):
        path.mkdir()
    (other / "text").write_text("a user's text")
    model.write_bytes(b"GGUF")
    with socket.create_server(("127.0.0.1", 0)) as server:
        command = [sys.executable, "-c", TRIES, *map(str, (own, other, model, server.getsockname()[1]))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (other / "text").exists() or not json.loads(done.stdout)["held"]
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="tries Linux's sandbox")
def test_no_network(tmp_path: Path) -> None:
    found = tried(tmp_path)
    if not any("network" in line for line in found["held"]):  # type: ignore[attr-defined]
        pytest.skip(f"this kernel offers nothing against the network: {found['missing']}")
    assert found["connect"] == found["connect by IPv6"] == "PermissionError"
    assert found["local socket"] == found["import"] == "done"


@pytest.mark.skipif(sys.platform != "linux", reason="tries Linux's sandbox")
def test_no_files_but_its_own(tmp_path: Path) -> None:
    found = tried(tmp_path)
    if not any("files" in line for line in found["held"]):  # type: ignore[attr-defined]
        pytest.skip(f"this kernel offers nothing for files: {found['missing']}")
    for what in ("write in its folder", "remove in its folder", "read the model", "import"):
        assert found[what] == "done", what
    refused = ("write", "overwrite", "remove", "read", "list")
    for what in (*(f"{word} elsewhere" for word in refused), "write the model", "start a program"):
        assert found[what] == "PermissionError", what


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_a_host_is_confined_and_completes(new_client: NewClient, options: EngineOptions) -> None:
    client = new_client()
    await client.complete(JOB)
    status = await client.status()
    assert status.sandboxed or status.unsandboxed
    lines = proc_status(status.pid)
    assert lines["NoNewPrivs"] == "1"
    filters = "2" if any("network" in line for line in status.sandboxed) else "0"
    assert lines["Seccomp"] == filters


def proc_status(pid: int | None) -> dict[str, str]:
    text = Path(f"/proc/{pid}/status").read_text("utf-8")
    return dict(line.split(":\t", 1) for line in text.splitlines())


async def test_a_host_without_the_setting(new_client: NewClient, options: EngineOptions) -> None:
    client = new_client(replace(options, sandbox=False))
    assert (await client.complete(JOB)).model
    status = await client.status()
    assert not status.sandboxed and "the setting sandbox is off" in status.unsandboxed[0]


async def test_a_host_that_failed_in_a_sandbox_starts_without(new_client: NewClient, options: EngineOptions) -> None:
    client = new_client()
    note = RegistryEntry(key_of(options)).sandbox_fault
    note.write_text("libx.so: Permission denied", "utf-8")
    await client.complete(JOB)
    status = await client.status()
    assert not status.sandboxed and "libx.so: Permission denied" in status.unsandboxed[0]
    note.unlink()


@pytest.mark.parametrize(("held", "noted"), [(("network",), "libx.so: no right"), ((), None)])
def test_a_load_that_fails_is_noted_where_it_may_be_the_sandbox(
    options: EngineOptions, tmp_path: Path, held: tuple[str, ...], noted: str | None
) -> None:
    entry = RegistryEntry(key_of(options))
    found = process._Host(tmp_path, entry, options)
    found._service.confined(sandbox.Sandbox(held))
    found._refuse_the_sandbox(ImportError("libx.so: \n no right"))
    assert (entry.sandbox_fault.read_text("utf-8") if entry.sandbox_fault.exists() else None) == noted


def test_the_parts_of_a_model_are_open_to_the_host(tmp_path: Path) -> None:
    for name in ("m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "other.gguf"):
        (tmp_path / name).write_bytes(b"")
    names = [path.name for path in process.model_files(tmp_path / "m-00001-of-00002.gguf")]
    assert names == ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"]
    assert process.model_files(tmp_path / "other.gguf") == [tmp_path / "other.gguf"]


def test_a_platform_without_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "plan9")
    found = sandbox.confine([], [])
    assert not found.held and "all of your rights" in found.missing[0]
