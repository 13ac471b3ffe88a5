"""Models in a running server: switched by the user's file, pulled by a command, listed by name."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dovetail.settings import user_config_path
from dovetail.user_config import set_model
from dovetail_models.files import resolve_model
from tests.game import CALL_COLUMN, CALL_LINE, GAME
from tests.lsp.client import Client
from tests.lsp.conftest import server_process
from tests.models.download.loopback_hub import Fault, LoopbackHub

NAME = "granite-code-3b"
FILE = "granite-3b-code-base.Q4_K_M.gguf"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LoopbackHub]:
    """Yield a hub that has the starter model under any name; the servers of this test find it."""
    with LoopbackHub(resolve_model(None).path.read_bytes()).running() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
        for name in ("HF_TOKEN", "HF_HUB_OFFLINE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.lower(), raising=False)
        yield running


@pytest.fixture
def folder(user_folders: Path) -> Path:
    """Return where the server keeps models."""
    found = user_folders / "data" / "models"
    found.mkdir(parents=True)
    return found


async def models_use(name: str) -> None:
    """`dovetail models use NAME` as a process."""
    command = (sys.executable, "-E", "-P", "-m", "dovetail", "models", "use", name)
    process = await asyncio.create_subprocess_exec(*command)
    assert await process.wait() == 0


async def answering(client: Client, model: str) -> None:
    """Wait until that model is loaded and answers."""
    await client.notification("dovetail/status", lambda status: (status["model"], status["state"]) == (model, "ready"))


def pull(client: Client, name: object = NAME) -> int:
    arguments = {"command": "dovetail.pullModel", "arguments": [name]}
    return client.request("workspace/executeCommand", arguments)


async def test_models_use_switches_a_running_server(project: Path, folder: Path) -> None:
    shutil.copy(resolve_model(None).path, folder / FILE)
    async with server_process() as client:
        await client.initialize(project, max_tokens=8)
        await answering(client, "dovetail-starter")
        await models_use(NAME)
        await answering(client, Path(FILE).stem)
        uri = (project / "game.py").as_uri()
        client.open(uri, GAME)
        await client.answer(client.ghost_text(uri, CALL_LINE - 1, CALL_COLUMN - 1))
        why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
        assert why["model"] == Path(FILE).stem
        listed = (await client.ask("dovetail/models", {}))["models"]
        assert [(each["name"], each["current"]) for each in listed] == [("starter", False), (NAME, True)]
        client.notifications.clear()
        await models_use("starter")
        await answering(client, "dovetail-starter")
        await client.leave()


@pytest.mark.long
async def test_a_file_that_breaks_changes_nothing(project: Path, folder: Path) -> None:
    shutil.copy(resolve_model(None).path, folder / FILE)
    set_model(NAME)
    async with server_process() as client:
        await client.initialize(project)
        await answering(client, Path(FILE).stem)
        user_config_path().write_text("model = ")
        message = await client.notification("window/showMessage")
        assert "correct or remove it" in message["message"]
        assert (await client.ask("dovetail/models", {}))["models"][1]["current"]
        await client.leave()


@pytest.mark.long
async def test_the_editors_own_setting_wins_and_the_user_is_notified(project: Path, folder: Path) -> None:
    shutil.copy(resolve_model(None).path, folder / FILE)
    async with server_process() as client:
        await client.initialize(project, model="starter")
        await answering(client, "dovetail-starter")
        await models_use(NAME)
        message = await client.notification("window/showMessage")
        assert f"asks for the model {NAME}" in message["message"] and "editor's own setting" in message["message"]
        assert (await client.ask("dovetail/models", {}))["models"][0]["current"]
        await client.leave()


async def test_a_name_that_is_not_installed_says_how_to_get_it(project: Path, folder: Path) -> None:
    async with server_process() as client:
        await client.initialize(project, model=NAME)
        message = await client.notification("window/showMessage")
        assert f"run `dovetail models pull {NAME}`" in message["message"]
        await client.leave()


async def test_a_pull_from_the_editor(hub: LoopbackHub, project: Path, folder: Path) -> None:
    async with server_process() as client:
        await client.initialize(project, shows_progress=True)
        answer = await client.answer(pull(client))
        assert answer["result"] == {"name": NAME, "file": str(folder / FILE)}
        assert (folder / FILE).read_bytes() == hub.content
        values = [each["params"]["value"] for each in client.notifications if each["method"] == "$/progress"]
        mine = [value for value in values if "reads" not in value.get("title", "")]
        assert mine[0]["kind"] == "begin" and mine[0]["cancellable"] and NAME in mine[0]["title"]
        assert mine[-1] == {"kind": "end", "message": f"{NAME} is there"}
        listed = (await client.ask("dovetail/models", {}))["models"]
        assert NAME in [each["name"] for each in listed]
        await client.leave()


@pytest.mark.long(keep=1)
@pytest.mark.parametrize("by", ["progress", "request"])
async def test_a_pull_that_is_cancelled_goes_on_later(hub: LoopbackHub, project: Path, folder: Path, by: str) -> None:
    hub.delay_s = 0.01  # slow enough for several lines of progress before the line falls silent
    hub.faults.append(Fault(cut_after=1_000_000, silent_s=15))
    async with server_process() as client:
        await client.initialize(project, shows_progress=True)
        request = pull(client)
        reported = await client.notification("$/progress", lambda params: params["value"].get("percentage", 0) > 10)
        if by == "progress":
            client.notify("window/workDoneProgress/cancel", {"token": reported["token"]})
        else:
            client.cancel(request)
        answer = await client.answer(request)
        assert answer["error"]["code"] == -32800
        assert (folder / f"{FILE}.part").stat().st_size > 100_000 and not (folder / FILE).exists()
        hub.delay_s = 0.0
        assert "result" in await client.answer(pull(client))
        assert hub.bytes_sent - len(hub.content) <= 1_000_000
        await client.leave()


@pytest.mark.long
async def test_a_pull_in_vain_is_one_line(hub: LoopbackHub, project: Path) -> None:
    hub.metadata_faults.append(Fault(404))
    async with server_process() as client:
        await client.initialize(project)
        error = (await client.answer(pull(client)))["error"]
        assert error["code"] == -32803 and "renamed or removed" in error["message"]
        error = (await client.answer(pull(client, "starcoder-7b")))["error"]
        assert error["code"] == -32803 and "did you mean starcoder2-7b" in error["message"]
        assert (await client.answer(pull(client, 7)))["error"]["code"] == -32602
        assert (await client.answer(pull(client, "--help")))["error"]["code"] == -32803
        await client.leave()
