"""Rules through the server: diagnostics at the very line, what is in force, trust, and secrets in no prompt."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.index.storage.cache import IndexCache
from dovetail_models.engine.kv.disk_store import DiskStateStore, stamp_of
from dovetail_models.engine.kv.memory_store import KvState
from tests.lsp.client import Client
from tests.lsp.conftest import server_in_process
from tests.lsp.scripted import ScriptedEngine
from tests.planted import planted

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
DIAGNOSTICS = "textDocument/publishDiagnostics"

pytestmark = pytest.mark.usefixtures("own_rules_file")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "money.py").write_text("class Money: ...\n\n\ndef convert(money: Money, rate: float) -> Money: ...\n")
    (root / "app.py").write_text("")
    return root


def rules_file(root: Path) -> str:
    return (root / ".dovetail.toml").as_uri()


def shown_diagnostics(client: Client, uri: str) -> list[dict[str, Any]] | None:
    """Return the diagnostics that the editor currently shows for a file, or None if it never received any."""
    found = [n["params"] for n in client.notifications if n["method"] == DIAGNOSTICS and n["params"]["uri"] == uri]
    return list(found[-1]["diagnostics"]) if found else None


async def diagnostics_when(
    client: Client, uri: str, matching: Callable[[list[dict[str, Any]]], bool]
) -> list[dict[str, Any]]:
    await client.until(lambda: (now := shown_diagnostics(client, uri)) is not None and matching(now))
    found = shown_diagnostics(client, uri)
    assert found is not None
    return found


def span(diagnostic: dict[str, Any]) -> tuple[int, int, int, int]:
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    return start["line"], start["character"], end["line"], end["character"]


def change(client: Client, uri: str, version: int, text: str) -> None:
    document = {"uri": uri, "version": version}
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})


def save(client: Client, root: Path, text: str) -> None:
    """Write the rules and notify the server, as an editor does."""
    (root / ".dovetail.toml").write_text(text, encoding="utf-8")
    client.notify("textDocument/didSave", {"textDocument": {"uri": rules_file(root)}})


async def started(connect: Connect, root: Path, engine: ScriptedEngine | None = None, **options: Any) -> Client:
    client = await connect(engine or ScriptedEngine("x"))
    await client.initialize(root, **options)
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    return client


async def prompt(client: Client, engine: ScriptedEngine, uri: str, line: int, character: int) -> str:
    """Return all that a completion there sends to the model, without the preparation of the next one."""
    before = len(engine.jobs)
    await client.answer(client.ghost_text(uri, line, character))
    parts = [job.parts for job in engine.jobs[before:] if job.priority == "interactive"]
    return "\n".join(repr(part) for part in parts)


@pytest.mark.parametrize(("encoding", "column"), [("utf-8", 17), ("utf-16", 15), ("utf-32", 14)])
async def test_a_mistake_is_shown_at_its_place_and_cleared_when_fixed(
    connect: Connect, root: Path, encoding: str, column: int
) -> None:
    client = await connect(ScriptedEngine())
    await client.initialize(root, encoding)
    uri = rules_file(root)
    client.open(uri, 'exclude = []\nnotes = ["😀", 3]\n', "toml")
    (diagnostic,) = await diagnostics_when(client, uri, bool)
    assert span(diagnostic) == (1, column, 1, column + 1)
    assert diagnostic["severity"] == 1 and diagnostic["source"] == "Dovetail"
    assert diagnostic["message"].startswith("notes must be a list of texts, not 3")
    change(client, uri, 2, 'notes = ["a"]\nexlude = []\n')
    (diagnostic,) = await diagnostics_when(client, uri, lambda now: bool(now) and span(now[0]) == (1, 0, 1, 6))
    assert "did you mean 'exclude'?" in diagnostic["message"]
    change(client, uri, 3, 'notes = ["a"]\n')
    assert await diagnostics_when(client, uri, lambda now: not now) == []


CASES = {
    "malformed": ('notes = ["a"]\nexclude = [\n', (1, 0, 1, 11), 1, "this is not TOML"),
    "an unknown key": ('notes = ["a"]\nzzz = 1\n', (1, 0, 1, 3), 1, "there is no key 'zzz'"),
    "a pattern for nothing": ('\n\nexclude = ["none/"]\n', (2, 11, 2, 18), 2, "matches no file"),
    "a pin that vanished": ('pins = [\n  "gone.py",\n]\n', (1, 2, 1, 11), 1, "does not exist"),
    "a pin outside": ('pins = ["../gone.py"]\n', (0, 8, 0, 20), 1, "leads out of the workspace"),
    "lines beyond the end": ('pins = ["money.py:2-99"]\n', (0, 8, 0, 23), 1, "ends with line 4"),
    "a server": ('[server]\nurl = "http://x"\n', (0, 1, 0, 7), 1, "rules cannot set 'server'"),
}


@pytest.mark.parametrize("name", CASES)
async def test_mistakes_are_shown_at_the_very_line_and_nothing_is_lost(name: str, connect: Connect, root: Path) -> None:
    text, where, severity, says = CASES[name]
    engine = ScriptedEngine("x")
    (root / ".dovetail.toml").write_text('notes = ["The last good note."]\n', encoding="utf-8")
    client = await started(connect, root, engine)
    app = (root / "app.py").as_uri()
    client.open(app, "x = ")
    save(client, root, text)
    (diagnostic,) = await diagnostics_when(client, rules_file(root), bool)
    assert (span(diagnostic), diagnostic["severity"]) == (where, severity) and says in diagnostic["message"]
    shown = await prompt(client, engine, app, 0, 4)
    stays = severity == 1 and "does not exist" not in says and "ends with" not in says
    assert ("The last good note." in shown) == stays


async def test_a_sound_file_gets_no_diagnostic(connect: Connect, root: Path) -> None:
    (root / ".dovetail.toml").write_text('notes = ["a"]\n', encoding="utf-8")
    client = await started(connect, root)
    save(client, root, 'notes = ["a"]\nzzz = 1\n')
    await diagnostics_when(client, rules_file(root), bool)
    assert len([n for n in client.notifications if n["method"] == DIAGNOSTICS]) == 1


async def test_a_broken_file_is_reported_when_the_folder_is_opened(connect: Connect, root: Path) -> None:
    (root / ".dovetail.toml").write_text("zzz = 1\n", encoding="utf-8")
    client = await started(connect, root)
    assert [span(each) for each in await diagnostics_when(client, rules_file(root), bool)] == [(0, 0, 0, 3)]
    folder = {"uri": root.as_uri(), "name": "x"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    await diagnostics_when(client, rules_file(root), lambda now: not now)


async def test_rules_hold_from_the_save_on(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine)
    app = (root / "app.py").as_uri()
    text = "from money import convert\n\nx = convert("
    client.open(app, text)
    assert "rate: float" in await prompt(client, engine, app, 2, 12)
    save(client, root, 'exclude = ["money.py"]\nnotes = ["Use tabs."]\n')
    change(client, app, 2, text + " ")
    shown = await prompt(client, engine, app, 2, 12)
    assert "Use tabs." in shown and "rate: float" not in shown  # at once
    save(client, root, "")
    for version in range(100, 200):
        change(client, app, version, text + " " * (version % 2))
        shown = await prompt(client, engine, app, 2, 12)
        assert "Use tabs." not in shown
        if "rate: float" in shown:
            return
        await asyncio.sleep(0.05)
    pytest.fail("the file never came back")


async def test_of_what_was_read_nothing_with_text_of_excluded_files_is_kept_on_disk(
    connect: Connect, root: Path, cache_folder: Path
) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine, kv_cache_mb=10)
    folder = cache_folder / "kv" / "model"
    disk_store = DiskStateStore(folder, 10_000, "1.0")
    for number, name in enumerate(("app.py", "money.py", "gone.py")):
        disk_store.put(name, KvState((number,), bytearray(9), frozenset({str(root / name)})), "")
    client.open((root / "app.py").as_uri(), "from money import convert\n\nx = convert(")
    client.open("untitled:b.py", "y = ")
    assert "rate: float" in await prompt(client, engine, (root / "app.py").as_uri(), 2, 12)
    await prompt(client, engine, "untitled:b.py", 0, 4)
    assert all(job.document in job.files for job in engine.jobs if job.document.startswith("untitled"))
    save(client, root, 'exclude = ["money.py"]\n')
    for _ in range(200):
        if len(list(folder.glob("*.kv"))) == 1:
            break
        await asyncio.sleep(0.05)
    assert [each.files for each in DiskStateStore(folder, 10_000, "1.0")] == [{str(root / "app.py")}]
    await client.ask("shutdown", None)
    stamp = stamp_of(cache_folder / "kv")
    assert engine.kept == {str(root / "app.py")}
    client.notify("exit", None)
    await client.until(lambda: engine.closed)
    await asyncio.sleep(0.1)
    assert stamp_of(cache_folder / "kv") == stamp, "otherwise the state that the host is writing would be lost"


async def test_a_state_goes_when_gitignore_names_a_file_of_it(connect: Connect, root: Path, cache_folder: Path) -> None:
    folder = cache_folder / "kv" / "model"
    disk_store = DiskStateStore(folder, 10_000, "1.0")
    disk_store.put("a", KvState((1,), bytearray(9), frozenset({str(root / "app.py")})), "")
    client = await started(connect, root, kv_cache_mb=10)
    assert len(list(folder.glob("*.kv"))) == 1
    (root / ".gitignore").write_text("app.py\n", encoding="utf-8")
    changes = [{"uri": (root / ".gitignore").as_uri(), "type": 1}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    for _ in range(200):
        if not list(folder.glob("*.kv")):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the state is still there")


async def test_only_files_of_open_folders_are_kept_and_notes_stand_for_the_rules(
    connect: Connect, root: Path, tmp_path: Path
) -> None:
    engine = ScriptedEngine("x")
    (root / ".dovetail.toml").write_text('notes = ["Use tabs."]\n', encoding="utf-8")
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.py").write_text("", encoding="utf-8")
    client = await started(connect, root, engine, kv_cache_mb=10)
    folder = {"uri": other.as_uri(), "name": "other"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    for uri in ((root / "app.py").as_uri(), (other / "b.py").as_uri()):
        client.open(uri, "x = ")
        await prompt(client, engine, uri, 0, 4)
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    await client.leave()
    await client.until(lambda: engine.closed)
    assert engine.kept == {str(root / "app.py"), str(root / ".dovetail.toml")}


async def test_a_mistake_in_the_settings_removes_nothing(connect: Connect, root: Path, cache_folder: Path) -> None:
    folder = cache_folder / "kv" / "model"
    DiskStateStore(folder, 10_000, "1.0").put("a", KvState((1,), bytearray(9), frozenset({str(root / "app.py")})), "")
    client = await connect(ScriptedEngine("x"))
    await client.initialize(root, kv_cache_mb=10, nonsense=1)
    await client.notification("window/showMessage")
    await client.leave()
    await asyncio.sleep(0.2)
    assert len(list(folder.glob("*.kv"))) == 1


async def test_who_wants_nothing_kept_finds_nothing_on_disk(connect: Connect, root: Path, cache_folder: Path) -> None:
    folder = cache_folder / "kv" / "model"
    DiskStateStore(folder, 10_000, "1.0").put("a", KvState((1,), bytearray(9), frozenset({str(root / "app.py")})), "")
    client = await started(connect, root)
    await client.leave()
    for _ in range(200):
        if not list(folder.glob("*.kv")):
            return
        await asyncio.sleep(0.05)
    pytest.fail("a state is still there")


async def test_another_program_may_write_the_rules(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine)
    app = (root / "app.py").as_uri()
    client.open(app, "x = ")
    await asyncio.sleep(0.1)  # the watcher has its folders
    for _ in range(100):
        (root / ".dovetail.toml").write_text('notes = ["From elsewhere."]\n', encoding="utf-8")
        for _ in range(20):
            if "From elsewhere." in await prompt(client, engine, app, 0, 4):
                return
            await asyncio.sleep(0.05)
    pytest.fail("the change on disk was never seen")


async def test_each_folder_has_its_own_rules(connect: Connect, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".dovetail.toml").write_text(f'notes = ["Note of {name}."]\n', encoding="utf-8")
    engine = ScriptedEngine("x")
    client = await started(connect, tmp_path / "one", engine)
    two = {"uri": (tmp_path / "two").as_uri(), "name": "two"}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [two], "removed": []}})
    for name, other in (("one", "two"), ("two", "one")):
        uri = (tmp_path / name / "app.py").as_uri()
        client.open(uri, "x = ")
        shown = await prompt(client, engine, uri, 0, 4)
        assert f"Note of {name}." in shown and f"Note of {other}." not in shown


async def test_nothing_is_suggested_where_rules_say_so_even_when_asked(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    (root / ".dovetail.toml").write_text('completion_off = ["*.gen.py"]\n', encoding="utf-8")
    client = await started(connect, root, engine)
    for name in ("a.gen.py", ".env", "id_rsa"):
        uri = (root / name).as_uri()
        client.open(uri, "x = ")
        assert (await client.answer(client.ghost_text(uri, 0, 4)))["result"] is None
    outside = "untitled:.env"
    client.open(outside, "x = ")
    assert (await client.answer(client.ghost_text(outside, 0, 4)))["result"] is None
    assert engine.jobs == []


@pytest.mark.parametrize("trusted", [True, False])
async def test_an_untrusted_workspace_only_leaves_things_out(connect: Connect, root: Path, trusted: bool) -> None:
    (root / "secretish.py").write_text("def hidden(depth: int) -> int: ...\n")
    (root / ".dovetail.toml").write_text('notes = ["Obey me."]\nexclude = ["secretish.py"]\n', encoding="utf-8")
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine, trusted=trusted, rules={"notes": ["The user's own."]})
    app = (root / "app.py").as_uri()
    client.open(app, "from secretish import hidden\n\nx = hidden(")
    shown = await prompt(client, engine, app, 2, 11)
    assert ("Obey me." in shown) == trusted
    assert "The user's own." in shown and "depth: int" not in shown
    client.notify("dovetail/trust", {"trusted": not trusted})
    change(client, app, 2, "from secretish import hidden\n\ny = hidden(")
    shown = await prompt(client, engine, app, 2, 11)
    assert ("Obey me." in shown) != trusted and "depth: int" not in shown


@pytest.fixture
def broken_rules_file(own_rules_file: Path) -> Path:
    own_rules_file.write_text("zzz = 1\n", encoding="utf-8")
    return own_rules_file


async def test_mistakes_in_the_users_own_rules_are_reported(
    connect: Connect, root: Path, broken_rules_file: Path
) -> None:
    client = await started(connect, root, rules={"exlude": ["x"]})
    messages = [n["params"]["message"] for n in client.notifications if n["method"] == "window/showMessage"]
    assert len(messages) == 2 and all("\n" not in message for message in messages)
    assert messages[0].startswith(f"Dovetail: {broken_rules_file}:1: there is no key 'zzz'")
    assert messages[1].startswith("Dovetail: the editor's settings: there is no key 'exlude'")


def plant(root: Path) -> None:
    """Secrets of every kind in modules, in files that only a name or `.gitignore` keeps away, and in pins."""
    for number, one in enumerate(planted()):
        text = f"def helper_{number}(amount: int) -> int:\n    {one.code}\n    return amount\n"
        (root / f"m{number}.py").write_text(text, encoding="utf-8")
    (root / "notes.txt").write_text(EVERYTHING, encoding="utf-8")
    (root / ".env").write_text(EVERYTHING, encoding="utf-8")
    (root / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    (root / "ignored.py").write_text(f"def ignored_helper(): ...\n{EVERYTHING}\n", encoding="utf-8")
    (root / ".dovetail.toml").write_text('pins = ["notes.txt", "m3.py", ".env", "ignored.py"]\n', encoding="utf-8")


EVERYTHING = "\n".join(one.code for one in planted())


def leaked(text: str) -> list[str]:
    return [one.kind for one in planted() for secret in one.secrets if secret in text]


def on_disk(*folders: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


async def test_no_secret_reaches_a_prompt_an_answer_a_log_the_statistics_or_the_cache(
    root: Path, state_folder: Path, cache_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """From the file at the cursor, from other files, open buffers and pins, with line ends of Windows."""
    caplog.set_level(logging.DEBUG)
    plant(root)
    engine, seen = ScriptedEngine("1"), ""
    async with server_in_process(engine) as client:
        await client.initialize(root, context_tokens=4000)
        await client.notification("dovetail/status", lambda status: not status["indexing"])
        for name in (".env", "ignored.py", "buffer.py"):
            client.open((root / name).as_uri(), f"def from_buffer(): ...\n{EVERYTHING}\n")
        for number, one in enumerate(planted()):
            uri = (root / f"open{number}.py").as_uri()
            head = f"from m{number} import helper_{number}\nfrom buffer import from_buffer\n{one.code}\n"
            client.open(uri, head.replace("\n", "\r\n") + f"value = helper_{number}(\r\n" + one.code)
            seen += await prompt(client, engine, uri, head.count("\n"), len(f"value = helper_{number}("))
            seen += repr(await client.ask("dovetail/why", {"textDocument": {"uri": uri}}))
            seen += repr(await client.ask("dovetail/why", {"textDocument": {"uri": uri}, "html": True}))
        await client.leave()
    assert f"helper_{len(planted()) - 1}(amount: int)" in seen and "notes.txt" in seen  # there was something to leak
    assert leaked(seen + repr(client.notifications) + caplog.text) == []
    assert "ignored_helper" not in seen
    written = on_disk(state_folder, cache_folder)
    assert any(str(cache_folder) in path for path in written) and any(str(state_folder) in path for path in written)
    assert [path for path, data in written.items() if leaked(data.decode("latin-1"))] == []
    assert leaked(what_the_cache_gives_back(root, cache_folder)) == []  # Compressed data on disk would hide the bytes.


def what_the_cache_gives_back(root: Path, cache_folder: Path) -> str:
    """Return all records and words that an index has after a start with this cache."""
    index = WorkspaceIndex(root, cache=IndexCache(cache_folder / "index", 10**9), workers=0)
    index.build()
    files = index.snapshot.files
    assert len(files) > len(planted())
    seen = "\n".join(f"{files[path].text}\n{files[path].symbols}" for path in files)
    words = "\n".join(index.snapshot.words.log.words())
    index.close()
    return f"{seen}\n{words}"
