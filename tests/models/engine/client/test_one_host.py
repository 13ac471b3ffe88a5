"""One host for all windows: found, shared, left, replaced when it hangs, and killed a hundred times.

DOVETAIL_KILLS=100 runs the long form.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from dovetail_models.engine.client import connection
from dovetail_models.engine.client.launch import HOST_MODULE, find_or_start
from dovetail_models.engine.ipc import transport
from dovetail_models.engine.ipc.registry import ABANDONED_S, RegistryEntry, key_of, running, sweep
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import PromptParts
from tests.models.conftest import NewClient, hosts, leftovers, until
from tests.models.engine.host.raw_peer import Peer

JOB = CompletionJob(PromptParts((), "a.py", "def total(items):\n    return ", "\n"), "a.py", max_tokens=6)
KILLS = int(os.environ.get("DOVETAIL_KILLS", "4"))

WINDOW = """
import asyncio, sys
from pathlib import Path
from dovetail_models.engine.client.client import EngineClient
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import PromptParts

async def main():
    client = EngineClient(EngineOptions(Path(sys.argv[1]), n_ctx=1024, threads=1))
    while True:
        try:
            parts = PromptParts((), "a.py", "def total(items):\\n    return ", "\\n")
            reply = await client.complete(CompletionJob(parts, "a.py", max_tokens=6))
            print(repr(reply.text), flush=True)
        except EngineError as error:
            print("error", error, flush=True)
        await asyncio.sleep(0.02)

asyncio.run(main())
"""


async def test_three_clients_share_one_host_and_one_copy_of_the_weights(new_client: NewClient) -> None:
    clients = [new_client() for _ in range(3)]
    replies = await asyncio.gather(*(client.complete(JOB) for client in clients))
    assert len({reply.text for reply in replies}) == 1
    assert len({(await client.status()).pid for client in clients}) == 1
    await until(lambda: len(hosts()) == 1)  # Those that came second at the start have left.
    await clients[0].close()
    assert (await clients[1].complete(JOB)).text == replies[0].text
    await clients[1].close()
    assert len(hosts()) == 1
    await clients[2].close()
    assert hosts() == [] and leftovers() == []


async def test_a_host_lingers_for_the_next_client(new_client: NewClient, options: EngineOptions) -> None:
    lingering = replace(options, linger_s=60.0)
    first, second = new_client(lingering), new_client(lingering)
    pid = (await first.ensure_ready()).pid
    await first.close()
    assert (await second.ensure_ready()).pid == pid
    await second.close()
    # An unused model makes way for another model, or for other options.
    other = new_client(replace(options, n_ctx=512))
    assert (await other.ensure_ready()).pid != pid
    assert len(hosts()) == 1


async def test_it_leaves_when_nobody_comes(new_client: NewClient, options: EngineOptions) -> None:
    client = new_client(replace(options, linger_s=0.2))
    await client.ensure_ready()
    await client.close()
    assert len(hosts()) == 1
    await until(lambda: hosts() == [])


async def test_several_models_only_when_allowed(new_client: NewClient, options: EngineOptions) -> None:
    first = new_client()
    await first.ensure_ready()
    other = replace(options, n_ctx=512)
    with pytest.raises(EngineError, match="one model at a time") as refused:
        await new_client(other).complete(JOB)
    assert "\n" not in str(refused.value)
    assert (await first.complete(JOB)).generated_tokens
    beside = new_client(replace(other, several_models=True))
    assert (await beside.complete(JOB)).generated_tokens
    assert len(running()) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
async def test_a_host_that_hangs_is_replaced(
    new_client: NewClient, options: EngineOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TICK_S", 0.05)
    said: list[EngineStatus] = []
    client = new_client(options, said.append)
    expected = (await client.complete(JOB)).text
    (host,) = hosts()
    host.send_signal(signal.SIGSTOP)
    assert (await client.complete(JOB)).text == expected
    assert any("did not answer" in status.message for status in said)
    assert [other.pid for other in hosts()] != [host.pid]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that stops a process")
async def test_a_host_that_hangs_is_replaced_by_whoever_comes(
    new_client: NewClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dovetail_models.engine.ipc.handshake.GREETING_TIMEOUT_S", 0.3)
    await new_client().ensure_ready()
    (host,) = hosts()
    host.send_signal(signal.SIGSTOP)
    assert (await new_client().complete(JOB)).generated_tokens
    assert [other.pid for other in hosts()] != [host.pid]


async def test_a_host_of_another_version_makes_way_when_it_is_not_used(options: EngineOptions) -> None:
    host = await find_or_start(replace(options, linger_s=60.0))
    stranger = await Peer.connect(host)
    assert (await stranger.greet(host, version=99))["op"] == "leaving"
    await stranger.close()
    host.connected()
    await until(lambda: hosts() == [])


async def test_what_killed_hosts_left_is_swept_up(new_client: NewClient, runtime_folder: Path) -> None:
    for _ in range(2):
        await new_client().ensure_ready()
        for host in hosts():
            host.kill()
    abandoned = transport.make_private_folder()
    os.utime(abandoned, (0, 0))
    young = transport.make_private_folder()
    await until(lambda: hosts() == [] and running() == [])
    sweep(runtime_folder, now=young.stat().st_mtime + ABANDONED_S / 2)
    assert leftovers() == [young.name]
    young.rmdir()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such rights")
async def test_the_runtime_folder_is_its_owners_alone(
    new_client: NewClient, runtime_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chmod(runtime_folder, 0o777)  # noqa: PTH101 - takes no time
    await new_client().ensure_ready()
    assert all(rights & 0o077 == 0 for rights in _rights(runtime_folder))
    elsewhere = _link(tmp_path / "link", runtime_folder)
    monkeypatch.setenv(transport.RUNTIME_FOLDER_VARIABLE, str(elsewhere))
    with pytest.raises(EngineError, match="not a folder of your own"):
        RegistryEntry("key")
    monkeypatch.setenv(transport.RUNTIME_FOLDER_VARIABLE, str(runtime_folder))


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
async def test_host_client_and_lock_holder_killed_at_random(options: EngineOptions) -> None:
    """After each kill every window gets its answers again; in the end nothing is left."""
    dice = random.Random(7)
    entry = RegistryEntry(key_of(options))
    windows = [await _window(options) for _ in range(3)]
    expected = {await _next_answer(window) for window in windows}
    assert len(expected) == 1
    for _ in range(KILLS):
        await asyncio.sleep(dice.random() * 0.4)
        match dice.choice(["host", "window", "holder"]):
            case "host":
                for host in hosts()[:1]:
                    _kill(host.pid)
            case "holder":
                if holder := entry.holder:
                    _kill(holder)
            case "window":
                victim = windows.pop(dice.randrange(3))
                victim.kill()
                await victim.wait()
                windows.append(await _window(options))
        for window in windows:
            assert await _next_answer(window) in expected
        assert len(running()) == 1
    for window in windows:
        window.kill()
        await window.wait()
    await until(lambda: hosts() == [])
    assert not entry.held
    assert leftovers() == []


async def _window(options: EngineOptions) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WINDOW, str(options.model_path)), stdout=asyncio.subprocess.PIPE, start_new_session=True
    )


async def _next_answer(window: asyncio.subprocess.Process) -> str:
    """An answer that was not there yet, errors passed over: they are one line each, and the next request works."""
    assert window.stdout is not None
    window.stdout._buffer.clear()  # type: ignore[attr-defined] - lines that came before the kill
    await window.stdout.readline()
    while (line := (await window.stdout.readline()).decode()).startswith("error"):
        assert "died" in line or "one model" not in line
    assert line, "the window is gone"
    return line


def _kill(pid: int) -> None:
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).kill()


def _hosts_that_meet_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            where = process.environ().get(transport.RUNTIME_FOLDER_VARIABLE)
            if where == str(folder) and HOST_MODULE in process.cmdline():
                found.append(process)
    return found


def _remove(folder: Path, pattern: str) -> None:
    for found in [folder] if pattern == "." else list(folder.glob(pattern)):
        shutil.rmtree(found) if found.is_dir() else found.unlink()


def _rights(folder: Path) -> list[int]:
    """Return the permissions of a folder and of its direct entries."""
    return [path.stat().st_mode for path in (folder, *folder.iterdir())]


def _link(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


async def test_what_was_read_outlives_its_host_if_asked(
    new_client: NewClient, options: EngineOptions, tmp_path: Path
) -> None:
    keeping = replace(options, kv_folder=tmp_path / "kv", kv_folder_bytes=10**8)
    jobs = {
        file: CompletionJob(
            PromptParts((), file, f"# {file}\n" + "total = [1, 2, 3]\n" * 20, "\n", "value = "),
            file,
            max_tokens=4,
            files=(f"/project/{file}",),
        )
        for file in ("kept.py", "secret.py")
    }
    first = new_client(keeping)
    replies = {file: await first.complete(job) for file, job in jobs.items()}
    await first.keep(lambda file: "secret" not in file)
    await first.close()
    await until(lambda: hosts() == [])
    second = new_client(keeping)
    again = {file: await second.complete(job) for file, job in jobs.items()}
    assert {file: reply.text for file, reply in again.items()} == {file: each.text for file, each in replies.items()}
    assert again["kept.py"].reused_tokens > again["kept.py"].prompt_tokens - 10
    assert again["secret.py"].reused_tokens < 20
    assert b"secret" not in b"".join(path.read_bytes() for path in (tmp_path / "kv").rglob("*.kv"))


async def test_a_host_that_could_not_load_its_model_does_not_stay_to_keep_anything(
    options: EngineOptions, tmp_path: Path
) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(100))
    host = await find_or_start(
        replace(options, model_path=tmp_path / "broken.gguf", kv_folder=tmp_path / "kv", kv_folder_bytes=10**8)
    )
    peer = await Peer.connect(host)
    message = await peer.greet(host)
    peer.send("keep", files=["/a.py"], stamp="")
    while message["status"]["state"] != "failed":
        message = await peer.receive("status")
    peer.send("keep", files=["/a.py"], stamp="")
    await peer.close()
    host.connected()
    await until(lambda: hosts() == [])


async def test_a_host_that_keeps_states_makes_way_for_another(
    new_client: NewClient, options: EngineOptions, tmp_path: Path
) -> None:
    keeping = replace(options, kv_folder=tmp_path / "kv", kv_folder_bytes=10**8, linger_s=30.0)
    first = new_client(keeping)
    for number in range(8):
        parts = PromptParts((), "a.py", f"# {number}\n" + "total = [1, 2, 3]\n" * 60, "", "value = ")
        await first.complete(CompletionJob(parts, "a.py", anchor=f"{number}", max_tokens=1, files=("/a.py",)))
    await first.keep(lambda _file: True)
    await first.close()
    assert (await new_client(replace(keeping, n_ctx=512, linger_s=0.0)).complete(JOB)).text
    assert len(list((tmp_path / "kv").rglob("*.kv"))) > 0
    assert list((tmp_path / "kv").rglob("*.new")) == []


async def test_a_folder_that_cannot_hold_states_harms_nothing(
    new_client: NewClient, options: EngineOptions, tmp_path: Path
) -> None:
    (tmp_path / "kv").write_text("a file", "utf-8")
    client = new_client(replace(options, kv_folder=tmp_path / "kv", kv_folder_bytes=10**8))
    assert (await client.complete(replace(JOB, files=("/a.py",)))).text
    await client.keep(lambda _file: True)
    assert (await client.complete(JOB)).text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that is in use")
@pytest.mark.parametrize("gone", ["everything", "its own folder", "the endpoint", "the lock"])
async def test_a_host_whose_files_are_gone_serves_to_the_end_and_leaves(
    new_client: NewClient, options: EngineOptions, runtime_folder: Path, gone: str
) -> None:
    """A logout empties the runtime folder, a cleaner the temporary one."""
    client = new_client(replace(options, linger_s=60.0 if gone in ("the endpoint", "the lock") else 0.2))
    expected = (await client.complete(JOB)).text
    (host,) = hosts()
    _remove(
        runtime_folder,
        {"everything": ".", "its own folder": "dovetail-*", "the endpoint": "*.json"}.get(gone, "*.lock"),
    )
    assert (await client.complete(replace(JOB, anchor="another"))).text == expected
    await client.close()
    await until(lambda: not host.is_running() or host.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that is in use")
async def test_a_host_that_lost_its_folder_takes_nothing_from_the_next(
    new_client: NewClient, options: EngineOptions, runtime_folder: Path
) -> None:
    first, second = new_client(), new_client()
    expected = (await first.complete(JOB)).text
    (older,) = hosts()
    shutil.rmtree(runtime_folder)
    assert (await second.complete(JOB)).text == expected
    await first.close()
    await until(lambda: older not in hosts())
    assert len(running()) == 1, "the endpoint and the lock of the second are still there"
    third = new_client()
    assert (await third.complete(JOB)).text == expected
    assert len(hosts()) == 1


async def test_a_relative_runtime_folder_is_the_same_for_the_host(
    new_client: NewClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(transport.RUNTIME_FOLDER_VARIABLE, "run")
    clients = [new_client() for _ in range(2)]
    for client in clients:
        assert (await client.complete(JOB)).generated_tokens
    assert {(await client.status()).pid for client in clients} == {endpoint.pid for _, endpoint in running()}
    found = _hosts_that_meet_in(tmp_path / "run")
    assert len(found) == 1
    for client in clients:
        await client.close()
    await until(lambda: _hosts_that_meet_in(tmp_path / "run") == [])


def test_a_relative_runtime_folder_of_the_system_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(transport.RUNTIME_FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "run")
    monkeypatch.setattr(transport.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    assert transport.runtime_folder().parent == tmp_path / "tmp"


async def test_a_runtime_folder_that_cannot_be_used_is_one_line(
    new_client: NewClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(transport.RUNTIME_FOLDER_VARIABLE, str(tmp_path / "file" / "run"))
    with pytest.raises(EngineError, match="name another folder"):
        await new_client().complete(JOB)
