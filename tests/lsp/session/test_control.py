"""What a front end controls while the server runs: pauses, settings, the model; and what it can ask about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dovetail.completion.engine import Engine
from dovetail.session.inference import models as known
from dovetail.session.pause import Pauses
from dovetail.settings import LanguageSwitches, Settings, SettingsError, load_settings
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[Any], Awaitable[Client]]
URI = "untitled:a.py"


class Models:
    """An engine for each model that the settings may name. It returns its name, and is ready when the test lets it."""

    def __init__(self, *names: str) -> None:
        self.engines = {name: ScriptedEngine(f'"{name}"') for name in names}
        self.ready = {name: asyncio.Event() for name in names}
        self.several: list[bool] = []

    @property
    def made(self) -> bool:
        return bool(self.several)

    @property
    def closed(self) -> bool:
        return any(engine.closed for engine in self.engines.values())

    def make(
        self,
        settings: Settings,
        on_status: Callable[[EngineStatus], None] | None = None,
        *,
        several_models: bool = False,
    ) -> Engine:
        self.several.append(several_models)
        if settings.model not in self.engines:
            raise EngineError(f'no model is called "{settings.model}"')
        engine, ready = self.engines[settings.model], self.ready[settings.model]
        engine.status = replace(engine.status, model=settings.model)

        async def ensure_ready() -> EngineStatus:
            if on_status is not None and not ready.is_set():
                on_status(EngineStatus("loading", model=settings.model))
            await ready.wait()
            if engine.trouble:
                raise EngineError(engine.trouble)
            if on_status is not None:
                on_status(engine.status)
            return engine.status

        engine.ensure_ready = ensure_ready  # type: ignore[method-assign]
        return engine


async def shown(client: Client, kind: int = 1, uri: str = URI, character: int = 4) -> str | None:
    result = (await client.answer(client.ghost_text(uri, 0, character, kind)))["result"]
    return result["items"][0]["insertText"] if result and result["items"] else None


def configure(client: Client, **options: Any) -> None:
    client.notify("workspace/didChangeConfiguration", {"settings": {"dovetail": options}})


async def opened(connect: Connect, engine: Any, **options: Any) -> Client:
    client = await connect(engine)
    await client.initialize(None, **options)
    client.open(URI, "a = ")
    return client


async def test_pause_and_resume(connect: Connect) -> None:
    client = await opened(connect, ScriptedEngine("1"))
    assert await shown(client) == "1"
    paused = {"paused": True, "pausedLanguages": [], "snoozedUntil": None}
    assert await client.ask("dovetail/pause", {"paused": True}) == paused
    assert await shown(client) is None
    assert await shown(client, kind=2) is None
    await client.notification("dovetail/status", lambda status: status["paused"])
    await client.notification("didChangeStatus", lambda status: status["kind"] == "Inactive")
    await client.ask("dovetail/pause", {"paused": False})
    assert await shown(client) == "1"


async def test_a_language_is_paused_alone(connect: Connect) -> None:
    client = await opened(connect, ScriptedEngine("1"))
    client.open("untitled:b.js", "a = ", "javascript")
    answer = await client.ask("dovetail/pause", {"language": "python", "paused": True})
    assert (answer["paused"], answer["pausedLanguages"]) == (False, ["python"])
    assert await shown(client) is None
    assert await shown(client, uri="untitled:b.js") == "1"
    await client.ask("dovetail/pause", {"language": "python", "paused": False})
    assert await shown(client) == "1"


async def test_a_snooze_ends_by_itself(connect: Connect) -> None:
    client = await opened(connect, ScriptedEngine("1"))
    answer = await client.ask("dovetail/pause", {"minutes": 0.005})
    assert answer["snoozedUntil"] is not None
    assert await shown(client) is None
    await client.until(
        lambda: (
            [n["params"] for n in client.notifications if n["method"] == "dovetail/status"][-1]["snoozedUntil"] is None
        )
    )
    assert await shown(client) == "1"
    await client.ask("dovetail/pause", {"minutes": 30})
    assert await shown(client) is None
    assert (await client.ask("dovetail/pause", {"minutes": 0}))["snoozedUntil"] is None
    assert await shown(client) == "1"


async def test_a_completion_under_way_is_not_shown_after_a_pause(connect: Connect) -> None:
    engine = ScriptedEngine("1", delay_s=30)
    client = await opened(connect, engine)
    asked = client.ghost_text(URI, 0, 4)
    await engine.asked.wait()
    await client.ask("dovetail/pause", {"paused": True})
    assert (await client.answer(asked))["result"] is None
    assert engine.cancelled == 1


def test_pauses_are_values() -> None:
    pauses = Pauses().changed(100.0, minutes=5)
    assert pauses.covers("go", 399.0) and not pauses.covers("go", 400.0)
    assert pauses.woken(399.0) == pauses and pauses.woken(400.0) == Pauses()
    assert Pauses().changed(0.0, minutes=10**9).snoozed_until == 24 * 3600
    assert Pauses().changed(0.0, minutes=-1) == Pauses().changed(0.0) == Pauses()


async def test_the_map_of_languages(connect: Connect) -> None:
    client = await opened(connect, ScriptedEngine("1"), enable={"*": True, "python": False})
    assert await shown(client) is None
    configure(client, enable={"*": False, "python": True})
    assert await shown(client) == "1"
    configure(client)
    assert await shown(client) == "1"


def test_the_own_entry_of_a_language_wins() -> None:
    assert LanguageSwitches().allow("go")
    assert LanguageSwitches(()).allow("go")
    switches = LanguageSwitches((("*", False), ("go", True)))
    assert switches.allow("go") and not switches.allow("rust")
    with pytest.raises(SettingsError, match="enable must be a table of languages"):
        load_settings(("here", {"enable": {"go": "yes"}}))
    with pytest.raises(SettingsError, match="enable must be a table of languages"):
        load_settings(("here", {"enable": True}))


async def test_settings_change_without_a_restart(connect: Connect) -> None:
    engine = ScriptedEngine("1")
    client = await opened(connect, engine)
    await shown(client)
    configure(client, max_tokens=7)
    await shown(client)
    assert [job.max_tokens for job in engine.jobs if job.priority == "interactive"] == [64, 7]
    configure(client, max_tokens=-1, context_tokens=0)
    await client.notification(
        "window/showMessage", lambda notification: "max_tokens must be at least 1" in notification["message"]
    )
    await shown(client)
    assert engine.jobs[-1].max_tokens == 64  # each wrong option is reported, the rest holds


async def test_a_client_that_wants_to_be_asked_is_asked(connect: Connect) -> None:
    engine = ScriptedEngine("1")
    client = await connect(engine)
    client.granted["workspace/configuration"] = [{"max_tokens": 7}]
    capabilities = {"workspace": {"configuration": True}}
    await client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
    client.notify("initialized", {})
    client.open(URI, "a = ")
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.ask("dovetail/models", {})
    await shown(client)
    assert engine.jobs[-1].max_tokens == 7


async def test_another_model_takes_over_when_it_is_ready(connect: Connect) -> None:
    models = Models("starter", "big")
    models.ready["starter"].set()
    client = await opened(connect, models)
    assert await shown(client) == '"starter"'
    configure(client, model="big")
    await client.notification(
        "dovetail/status", lambda status: (status["model"], status["message"]) == ("starter", "big is being loaded")
    )
    assert await shown(client) == '"starter"'
    models.ready["big"].set()
    await client.notification("dovetail/status", lambda status: status["model"] == "big" and status["state"] == "ready")
    assert await shown(client) == '"big"'
    assert models.several == [False, True]
    await client.leave()
    assert models.engines["starter"].closed and models.engines["big"].closed


async def test_who_was_asked_before_the_change_still_answers(connect: Connect) -> None:
    models = Models("starter", "big")
    models.ready["starter"].set()
    models.ready["big"].set()
    models.engines["starter"].delay_s = 0.3
    client = await opened(connect, models)
    asked = client.ghost_text(URI, 0, 4)
    await models.engines["starter"].asked.wait()
    configure(client, model="big")
    await client.notification("dovetail/status", lambda status: status["model"] == "big")
    assert (await client.answer(asked))["result"]["items"][0]["insertText"] == '"starter"'
    assert await shown(client) == '"big"'


async def test_the_model_before_is_let_go_though_the_session_ends_meanwhile(connect: Connect) -> None:
    models = Models("starter", "big")
    models.ready["starter"].set()
    models.ready["big"].set()
    models.engines["starter"].delay_s = 30
    client = await opened(connect, models)
    client.ghost_text(URI, 0, 4)
    await models.engines["starter"].asked.wait()
    configure(client, model="big")
    await client.notification("dovetail/status", lambda status: status["model"] == "big")
    await client.leave()
    assert models.engines["starter"].closed and models.engines["big"].closed


@pytest.mark.parametrize("model", ["broken", "missing"])
async def test_a_model_that_cannot_be_loaded_changes_nothing(connect: Connect, model: str) -> None:
    models = Models("starter", "broken", "good")
    for ready in models.ready.values():
        ready.set()
    models.engines["broken"].trouble = "broken.gguf is truncated"
    client = await opened(connect, models)
    assert await shown(client) == '"starter"'
    configure(client, model=model)
    notification = await client.notification("window/showMessage")
    assert notification["message"].endswith("; starter goes on answering")
    assert await shown(client) == '"starter"'
    configure(client, model="good")
    await client.notification("dovetail/status", lambda status: status["model"] == "good")
    assert await shown(client) == '"good"'


async def test_a_model_that_may_be_a_poor_choice_is_reported_once_and_answers(connect: Connect) -> None:
    models = Models("starter", "chatty")
    for ready in models.ready.values():
        ready.set()
    advice = "chatty.gguf is a model for chat: if its suggestions are poor, choose another"
    models.engines["chatty"].status = replace(models.engines["chatty"].status, advice=advice)
    client = await opened(connect, models)
    assert await shown(client) == '"starter"'
    configure(client, model="chatty")
    notification = await client.notification("window/showMessage")
    assert notification["message"] == f"Dovetail: {advice}"
    await client.notification("dovetail/status", lambda status: status["model"] == "chatty")
    assert await shown(client) == await shown(client) == '"chatty"'
    assert [note["method"] for note in client.notifications].count("window/showMessage") == 1


async def test_after_a_model_that_failed_the_next_one_is_reported_as_its_own(connect: Connect) -> None:
    models = Models("starter", "broken", "good")
    for name in ("starter", "broken"):
        models.ready[name].set()
        models.engines[name].trouble = f"{name} cannot be loaded"
    client = await opened(connect, models)
    models.engines["starter"].status = replace(models.engines["starter"].status, state="failed")
    assert await shown(client) is None
    configure(client, model="broken")
    await client.notification(
        "window/showMessage", lambda notification: "broken cannot be loaded" in notification["message"]
    )
    configure(client, model="good")
    models.ready["good"].set()
    await client.notification("dovetail/status", lambda status: (status["model"], status["state"]) == ("good", "ready"))
    assert await shown(client) == '"good"'


async def test_a_model_that_is_unwanted_before_it_is_ready_is_let_go(connect: Connect) -> None:
    models = Models("starter", "big", "other")
    models.ready["starter"].set()
    models.ready["other"].set()
    client = await opened(connect, models)
    await shown(client)
    configure(client, model="big")
    await client.notification("dovetail/status", lambda status: "big is being loaded" in status["message"])
    configure(client, model="starter")
    assert await shown(client) == '"starter"'
    assert models.engines["big"].closed and not models.engines["starter"].closed
    configure(client, model="other")
    await client.notification("dovetail/status", lambda status: status["model"] == "other")
    assert await shown(client) == '"other"'


async def test_where_no_model_could_be_made_the_next_one_is_taken_at_once(connect: Connect) -> None:
    models = Models("starter")
    models.ready["starter"].set()
    client = await opened(connect, models, model="missing")
    await client.notification("dovetail/status", lambda status: status["state"] == "failed")
    assert await shown(client) is None
    configure(client)
    assert await shown(client) == '"starter"'
    assert models.several == [False, False]


async def test_the_status_reports_when_a_completion_takes_long(connect: Connect) -> None:
    client = await opened(connect, ScriptedEngine("1", delay_s=0.4))
    asked = client.ghost_text(URI, 0, 4)
    await client.notification("dovetail/status", lambda status: status["busy"])
    await client.notification("didChangeStatus", lambda status: status["busy"] and status["kind"] == "Normal")
    await client.answer(asked)
    notification = [n["params"] for n in client.notifications if n["method"] == "dovetail/status"]
    await client.until(
        lambda: not [n["params"] for n in client.notifications if n["method"] == "dovetail/status"][-1]["busy"]
    )
    assert set(notification[-1]) >= {"state", "model", "message", "indexing", "progress", "busy", "snoozedUntil"}


async def test_quick_completions_are_no_news(connect: Connect) -> None:
    client = await opened(connect, ScriptedEngine("1"))
    await shown(client)
    before = sum(n["method"] == "dovetail/status" for n in client.notifications)
    for _ in range(5):
        await shown(client)
    assert sum(n["method"] == "dovetail/status" for n in client.notifications) == before


async def test_the_context_at_a_place(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "money.py").write_text("class Money:\n    def spend_it_all(self) -> None: ...\n")
    (tmp_path / "secret.py").write_text("class Hidden: ...\n")
    (tmp_path / ".gitignore").write_text("secret.py\n")
    text = "from money import Money\nfrom secret import Hidden\n\nMoney()."
    (tmp_path / "app.py").write_text(text)
    client = await connect(ScriptedEngine("1"))
    await client.initialize(tmp_path)
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    uri = (tmp_path / "app.py").as_uri()
    client.open(uri, text)
    place = {"textDocument": {"uri": uri}, "position": {"line": 3, "character": 8}}
    found = await client.ask("dovetail/context", place)
    assert [item["path"] for item in found["items"]] == ["money.py"]
    page = (await client.ask("dovetail/context", {**place, "html": True}))["html"]
    assert "spend_it_all" in page and "Hidden" not in page and "<script" not in page
    await client.ask("dovetail/pause", {"paused": True})  # A pause does not block explicit requests.
    assert await client.ask("dovetail/context", place) is not None
    assert await client.ask("dovetail/context", {**place, "textDocument": {"uri": "file:///no.py"}}) is None


async def test_statistics(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOVETAIL_STATE_DIR", str(tmp_path))
    client = await opened(connect, ScriptedEngine("1"), statistics=True)
    await shown(client)
    found = await client.ask("dovetail/statistics", {})
    assert found["total"]["answered"] == 1 and list(found["by_model"]) == ["scripted"]
    assert "Dovetail statistics" in (await client.ask("dovetail/statistics", {"html": True}))["html"]


async def test_the_models_that_can_be_chosen(connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.gguf").write_bytes(b"GGUF" + bytes(100))
    (folder / "cut.gguf").write_bytes(b"GG")
    (folder / "notes.txt").write_text("x")
    monkeypatch.setattr(known, "models_folder", lambda: folder)
    client = await opened(connect, ScriptedEngine("1"))
    found = (await client.ask("dovetail/models", {}))["models"]
    assert [(each["name"], each["current"], each["fits"]) for each in found] == [
        ("starter", True, True),
        (str(folder / "a.gguf"), False, True),
    ]
    assert found[1]["bytes"] == 104


async def test_the_document_in_focus_decides_for_what_has_no_folder(connect: Connect, tmp_path: Path) -> None:
    engine = ScriptedEngine("1")
    client = await connect(engine)
    await client.initialize(None)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text("")
        (tmp_path / name / f"{name}.py").write_text(f"class In_{name}: ...\n")
        client.open((tmp_path / name / f"{name}.py").as_uri(), f"class In_{name}: ...\n")
    client.notify("textDocument/didFocus", {"textDocument": {"uri": (tmp_path / "one" / "one.py").as_uri()}})
    client.notify("textDocument/didFocus", {})
    client.open(URI, "from one import In_one\nIn_one().")
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    await client.answer(client.ghost_text(URI, 1, 9))
    assert [block.path for block in engine.jobs[-1].parts.context] == ["one.py"]
