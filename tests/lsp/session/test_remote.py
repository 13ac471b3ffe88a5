"""Remote completion: who may name the server, what is sent to it and when, and what the user sees."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dovetail import settings
from dovetail.cli.main import main
from dovetail.completion.engine import BeforeSending, Engine, Enough
from dovetail.session.inference.engine import make_engine
from dovetail.session.workspaces.disclosure import CheckedEngine, Withdrawn
from dovetail.settings import COMMAND_LINE, RemoteSettings, Settings, SettingsError, load_settings
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.engine import RemoteEngine
from dovetail_models.remote.fallback import FallbackEngine
from dovetail_models.remote.token import TOKEN_VARIABLE
from tests.lsp.conftest import server_in_process
from tests.lsp.scripted import ScriptedEngine
from tests.models.remote.fake_server import VOCABULARY, FakeServer

URL = "https://gpu.example"


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setattr(settings, "user_config_path", lambda: path)
    return path


def name_server(config: Path, url: str) -> None:
    config.write_text(f'[remote]\nurl = "{url}"\n')


@pytest_asyncio.fixture
async def fake(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeServer]:
    """Yield a fake llama.cpp server, isolated from the user's environment and keyring."""
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    monkeypatch.setattr("dovetail_models.remote.token._from_keyring", lambda _host: "")
    server = FakeServer("width")
    server.n_ctx = 4096
    await server.start()
    yield server
    await server.stop()


def test_the_users_own_file_names_a_server(user_file: Path) -> None:
    user_file.write_text(f'[remote]\nurl = "{URL}"\nca_file = "ca.pem"\nfallback = false\n')
    remote = load_settings().remote
    assert remote == RemoteSettings(url=URL, ca_file=str(user_file.parent / "ca.pem"), fallback=False)
    assert load_settings((COMMAND_LINE, {"remote": {"url": ""}})).remote == RemoteSettings()


def test_an_editor_cannot_name_a_server(user_file: Path) -> None:
    problems: list[str] = []
    layer = ("the editor's settings", {"remote": {"url": URL}, "max_tokens": 7})
    found = load_settings(layer, on_problem=lambda problem: problems.append(str(problem)))
    assert found == Settings(max_tokens=7)
    assert problems == [f"the editor's settings: remote can only be set in {user_file}: move it there."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('remote = "x"', "remote must be a table"),
        ("[remote]\nurl = 7", "remote.url must be a text, not 7"),
        ('[remote]\nhost = "x"', "there is no option 'remote.host'; its options are url, dialect"),
        ('[remote]\ndialect = "chat"', "remote.dialect must be one of auto, llama.cpp, openai"),
        ("[remote]\nfallback = 1", "remote.fallback must be true or false"),
        ("[remote]\nfirst_token_s = 0", "remote.first_token_s must be at least 1"),
    ],
)
def test_each_mistake_is_one_line(user_file: Path, text: str, words: str) -> None:
    user_file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert words in str(caught.value) and str(user_file) in str(caught.value)


async def test_which_engine_the_settings_ask_for() -> None:
    with_fallback = Settings(remote=RemoteSettings(url=URL))
    without = replace(with_fallback, remote=replace(with_fallback.remote, fallback=False))
    for wanted, kind in ((with_fallback, FallbackEngine), (without, RemoteEngine)):
        engine = make_engine(wanted)
        assert isinstance(engine, kind)
        await engine.close()
    for wrong in (
        RemoteSettings(url="gpu"),
        RemoteSettings(url=URL, format="x"),
        RemoteSettings(url=URL, ca_file="no"),
    ):
        with pytest.raises(EngineError):
            make_engine(Settings(remote=wrong))


class Insistent(ScriptedEngine):
    """Sends each prompt three times."""

    def __init__(self) -> None:
        super().__init__("x")
        self.sent = 0

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        for _ in range(3):
            if before_sending is not None:
                await before_sending()
            self.sent += 1
        return await super().complete(job, enough)


async def test_a_prompt_is_checked_before_each_sending() -> None:
    engine, asked = Insistent(), 0

    async def permits(files: Iterable[str]) -> bool:
        nonlocal asked
        asked += 1
        assert list(files) == ["/a.py"]
        return engine.sent < 2

    job = CompletionJob(PromptParts((), "a.py", "", ""), document="a", files=("/a.py",))
    with pytest.raises(Withdrawn):
        await CheckedEngine(engine, permits).complete(job)
    assert engine.sent == 2 and asked == 4 and engine.jobs == []


class Remote:
    """Make engines for the in-process server that ask a fake server."""

    def __init__(self, fake: FakeServer) -> None:
        self.settings = Settings(remote=RemoteSettings(url=fake.url, fallback=False))
        self.made = False
        self.closed = True

    def make(
        self,
        settings: Settings,
        on_status: Callable[[EngineStatus], None] | None = None,
        *,
        several_models: bool = False,
    ) -> Engine:
        return make_engine(self.settings, on_status)


async def test_the_editor_is_notified_where_prompts_go(fake: FakeServer, tmp_path: Path) -> None:
    engine: Any = Remote(fake)
    (tmp_path / "a.py").write_text("def area(width, height):\n    return \n")
    async with server_in_process(engine) as client:
        await client.initialize(tmp_path)
        uri = (tmp_path / "a.py").as_uri()
        client.open(uri, (tmp_path / "a.py").read_text())
        answer = await client.answer(client.ghost_text(uri, 1, 11))
        assert answer["result"]["items"][0]["insertText"] == "width"
        host = fake.url.removeprefix("http://")
        status = await client.notification("dovetail/status", lambda status: status["state"] == "ready")
        assert status["model"] == f"tiny on {host}"
        shown = [each["params"] for each in client.notifications if each["method"] == "window/showMessage"]
        assert [each["type"] for each in shown] == [3] and f"prompts go to {host}" in shown[0]["message"]
        why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
        assert why["model"] == f"tiny on {host}"


async def test_what_is_excluded_between_two_attempts_does_not_leave(fake: FakeServer, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "money.py").write_text("class MoneyMarker:\n    def spend_marker(self) -> None: ...\n")
    text = "from money import MoneyMarker\n\nx = MoneyMarker()\nx.\n"
    (tmp_path / "app.py").write_text(text)
    whole = FakeServer._complete

    async def exclude_and_fail(self: FakeServer, reader: Any, writer: Any, request: Any, fault: str) -> None:
        if fault:
            (tmp_path / ".gitignore").write_text("money.py\n")
        await whole(self, reader, writer, request, fault)

    engine: Any = Remote(fake)
    async with server_in_process(engine) as client:
        await client.initialize(tmp_path)
        uri = (tmp_path / "app.py").as_uri()
        client.open(uri, text)
        place = {"textDocument": {"uri": uri}, "position": {"line": 3, "character": 2}}
        for _ in range(300):
            if (await client.ask("dovetail/context", place))["items"]:
                break
            await asyncio.sleep(0.1)
        fake.faults = ["cut early"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FakeServer, "_complete", exclude_and_fail)
            await client.answer(client.ghost_text(uri, 3, 2))
    prompts = ["".join(VOCABULARY[token] for token in each.body["prompt"]) for each in fake.completions]
    assert len(prompts) > 1 and "spend_marker" in prompts[0]
    assert not any("spend_marker" in prompt for prompt in prompts[1:])


async def test_doctor_tries_the_server(fake: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fake.text = "height"
    (tmp_path / "a.py").write_text("x = 1\n")
    assert await asyncio.to_thread(main, ["doctor", str(tmp_path), "--remote", fake.url, "--json"]) == 0
    checks = {each["name"]: each for each in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["server"]["verdict"] == checks["completion"]["verdict"] == "ok"
    assert "tiny, llama.cpp protocol" in checks["server"]["found"] and "model file" not in checks
    fake.always = "401"
    assert await asyncio.to_thread(main, ["doctor", str(tmp_path), "--remote", fake.url]) == 1
    assert "-> store one with `keyring set dovetail " in capsys.readouterr().out
    assert await asyncio.to_thread(main, ["doctor", str(tmp_path), "--remote", "gpu"]) == 1
    assert "is no URL: write http://HOST:PORT" in capsys.readouterr().out


async def test_a_command_says_who_answers_instead(
    fake: FakeServer, tmp_path: Path, user_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.py"
    path.write_text("def area(width, height):\n    return \n")
    name_server(user_file, fake.url)
    fake.faults = ["404"]
    assert await asyncio.to_thread(main, ["complete", f"{path}:2:12", "--json"]) == 0
    output = capsys.readouterr()
    assert json.loads(output.out)["model"] == "dovetail-starter"
    assert output.err.count("until it is back dovetail-starter answers on this machine") == 1


async def test_a_command_asks_the_server_that_it_is_given(
    fake: FakeServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.py"
    path.write_text("def area(width, height):\n    return \n")
    arguments = ["complete", f"{path}:2:12", "--json", "--remote", fake.url]
    assert await asyncio.to_thread(main, arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["text"] == "width" and answer["model"].startswith("tiny on 127.0.0.1:")
    fake.always = "404"
    assert await asyncio.to_thread(main, arguments) == 1
    assert "(404)" in capsys.readouterr().err
