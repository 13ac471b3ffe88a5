"""Documents whose language only the editor knows, through the server: unsaved ones, odd suffixes, none at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dovetail.stats.store import read
from dovetail_models.engine.job import CompletionJob
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
UNTITLED = "untitled:Untitled-1"
LIBRARY = "class Money:\n    def __init__(self, amount: int, currency: str) -> None: ...\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    (root / "money.py").write_text(LIBRARY, encoding="utf-8")
    return root


async def started(connect: Connect, engine: ScriptedEngine, *roots: Path, **options: Any) -> Client:
    client = await connect(engine)
    await client.initialize(roots[0] if roots else None, **options)
    for other in roots[1:]:
        folder = {"uri": other.as_uri(), "name": other.name}
        client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    for _ in roots:
        await client.notification("dovetail/status", lambda status: not status["indexing"])
    return client


async def items(client: Client, uri: str, line: int, column: int, kind: int = 2) -> list[str]:
    result = (await client.answer(client.ghost_text(uri, line, column, kind)))["result"]
    return [item["insertText"] for item in result["items"]] if result else []


async def asked(client: Client, engine: ScriptedEngine, uri: str, line: int, column: int) -> CompletionJob:
    before = len(engine.jobs)
    assert await items(client, uri, line, column, kind=1)
    return next(job for job in engine.jobs[before:] if job.document == uri and job.priority == "interactive")


def context_of(job: CompletionJob) -> str:
    return "\n".join(block.text for block in job.parts.context)


@pytest.mark.parametrize(
    ("uri", "language", "comment"),
    [
        (UNTITLED, "python", "# counts the "),
        (UNTITLED, "javascriptreact", "// counts the "),
        (UNTITLED, "typescript.tsx", "// counts the "),
        (UNTITLED, "c++", "// counts the "),
        (UNTITLED, "cs", "// counts the "),
        ("buffer:12", "python", "# counts the "),
        ("file:///nowhere/tool", "python", "# counts the "),
        ("file:///nowhere/sketch.ino", "arduino", "// counts the "),
        ("file:///nowhere/sketch.ino", "plaintext", "// counts the "),
        ("file:///nowhere/vector.tpp", "", "// counts the "),
        ("file:///nowhere/window.pyw", "plaintext", "# counts the "),
        ("file:///nowhere/main.py", "typescript", "// counts the "),
    ],
)
async def test_nothing_is_suggested_in_a_comment_of_the_editors_language(
    connect: Connect, uri: str, language: str, comment: str
) -> None:
    engine = ScriptedEngine("lines")
    client = await started(connect, engine)
    client.open(uri, f"\n{comment}\n", language)
    assert await items(client, uri, 1, len(comment)) == []
    assert not engine.jobs


async def test_where_the_editor_knows_no_language_the_first_line_decides(connect: Connect) -> None:
    engine = ScriptedEngine("lines")
    client = await started(connect, engine)
    uri = "file:///nowhere/tool"
    client.open(uri, "#!/usr/bin/env node\na = \n", "plaintext")
    assert await items(client, uri, 1, 4) == ["lines"]
    assert engine.jobs[-1].parts.path == "tool.js"
    first_line = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 30}}, "text": ""}
    client.notify(
        "textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [first_line]}
    )
    assert await items(client, uri, 1, 4) == ["lines"]
    assert engine.jobs[-1].parts.path == "tool"


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        (UNTITLED, "Untitled-1.py"),
        ("untitled:new%20file.py", "new file.py"),
        ("buffer:12", "12.py"),
        ("inmemory://model/1", "1.py"),
        ("untitled:", "untitled.py"),
    ],
)
async def test_an_unsaved_buffer_sees_the_project(connect: Connect, root: Path, uri: str, path: str) -> None:
    engine = ScriptedEngine("3, 'EUR')")
    client = await started(connect, engine, root)
    client.open(uri, "from money import Money\n\nprice = Money(")
    job = await asked(client, engine, uri, 2, 14)
    assert "amount: int, currency: str" in context_of(job)
    assert job.parts.path == path
    assert uri in job.files  # This is not the path of a file that may be stored.
    why = await client.ask("dovetail/why", {"textDocument": {"uri": uri}})
    assert (why["line"], why["column"]) == (3, 15)


async def test_an_unsaved_buffer_knows_the_members_behind_a_dot(connect: Connect, root: Path) -> None:
    (root / "money.py").write_text("class Money:\n    def __init__(self) -> None:\n        self.amount = 1\n")
    engine = ScriptedEngine("ount")
    client = await started(connect, engine, root)
    client.open(UNTITLED, "from money import Money\nMoney().am")
    assert (await asked(client, engine, UNTITLED, 1, 10)).names == ("ount",)


async def test_an_unsaved_buffer_with_a_path_is_where_that_leads(connect: Connect, root: Path) -> None:
    (root / "quiet").mkdir()
    (root / ".dovetail.toml").write_text('completion_off = ["quiet/"]\n', encoding="utf-8")
    engine = ScriptedEngine("x")
    client = await started(connect, engine, root)
    quiet = (root / "quiet" / "new.py").as_uri().replace("file://", "untitled:")
    client.open(quiet, "a = ")
    assert await items(client, quiet, 0, 4) == []
    elsewhere = (root / "loud" / "new.py").as_uri().replace("file://", "untitled:")
    client.open(elsewhere, "a = ")
    assert (await asked(client, engine, elsewhere, 0, 4)).parts.path == "loud/new.py"


async def test_with_several_folders_the_one_of_the_newest_file_counts(
    connect: Connect, root: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "money.py").write_text(LIBRARY.replace("currency", "coin"), encoding="utf-8")
    engine = ScriptedEngine("x")
    client = await started(connect, engine, root, other)
    text = "from money import Money\n\nprice = Money("
    client.open("untitled:none", text)
    assert context_of(await asked(client, engine, "untitled:none", 2, 14)) == ""
    for number, (folder, word) in enumerate([(other, "coin"), (root, "currency"), (other, "coin")]):
        client.open((folder / "money.py").as_uri(), (folder / "money.py").read_text())
        for _ in range(100):  # until the second folder is read as well
            uri = f"untitled:{number}"
            client.open(uri, text)
            if word in context_of(await asked(client, engine, uri, 2, 14)):
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail(f"{word} never reached the prompt")


async def test_a_folder_that_is_opened_twice_is_one(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, engine, root)
    folder = {"uri": root.as_uri(), "name": root.name}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    client.open(UNTITLED, "from money import Money\n\nprice = Money(")
    assert "currency" in context_of(await asked(client, engine, UNTITLED, 2, 14))


async def test_a_folder_that_opens_later_counts_and_one_that_closes_does_not(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, engine)
    text = "from money import Money\n\nprice = Money("
    client.open(UNTITLED, text)
    assert context_of(await asked(client, engine, UNTITLED, 2, 14)) == ""
    folder = {"uri": root.as_uri(), "name": root.name}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": []}})
    await client.notification("dovetail/status", lambda status: status["indexing"])
    for number in range(200):
        change = {"textDocument": {"uri": UNTITLED, "version": number + 2}, "contentChanges": [{"text": text}]}
        client.notify("textDocument/didChange", change)
        await items(client, UNTITLED, 2, 14, kind=1)
        if "currency" in context_of(engine.jobs[-1]):
            break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("the folder never reached the prompt")
    client.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": [folder]}})
    client.open("untitled:2", text)
    assert context_of(await asked(client, engine, "untitled:2", 2, 14)) == ""


async def test_an_unsaved_buffer_is_nobody_elses_context(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, engine, root)
    client.open(UNTITLED, "def only_here(amount: int) -> str: ...\nonly_here(1)\n")
    app = (root / "app.py").as_uri()
    client.open(app, "price = only_here(")
    for _ in range(3):
        await items(client, app, 0, 18, kind=1)
        await asyncio.sleep(0.05)
    assert "amount: int) -> str" not in "".join(map(context_of, engine.jobs))


async def test_an_open_file_without_a_suffix_is_context_of_others(connect: Connect, root: Path) -> None:
    (root / "tool").write_text("", encoding="utf-8")
    engine = ScriptedEngine("x")
    client = await started(connect, engine, root)
    client.open((root / "tool").as_uri(), "def measure_all(amount: int) -> str: ...\n", "python")
    app = (root / "app.py").as_uri()
    client.open(app, "")
    text = "measured = measure_all("
    for number in range(100):
        change = {"textDocument": {"uri": app, "version": number + 2}, "contentChanges": [{"text": text}]}
        client.notify("textDocument/didChange", change)
        await items(client, app, 0, len(text), kind=1)
        if "amount: int" in context_of(engine.jobs[-1]):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the script never reached the prompt")


@pytest.mark.parametrize(
    ("path", "language", "is_off"),
    [
        (None, "python", True),
        (None, "typescript", False),
        ("tool", "python", True),
        ("main.py", "typescript", False),
        ("main.py", "plaintext", True),
        ("main.ts", "python", True),
    ],
)
async def test_a_language_that_is_off_is_that_of_the_editor(
    connect: Connect, root: Path, path: str | None, language: str, is_off: bool
) -> None:
    (root / ".dovetail.toml").write_text('languages_off = ["python"]\n', encoding="utf-8")
    client = await started(connect, ScriptedEngine("7"), root)
    uri = UNTITLED if path is None else (root / path).as_uri()
    client.open(uri, "let a = ", language)
    assert await items(client, uri, 0, 8, kind=1) == ([] if is_off else ["7"])


async def test_a_document_that_is_opened_in_another_language_is_asked_about_again(connect: Connect) -> None:
    """Editors report a new language in this way: they close the document and open it again."""
    engine = ScriptedEngine("lines")
    client = await started(connect, engine)
    client.open(UNTITLED, "; counts the ", "plaintext")
    assert await items(client, UNTITLED, 0, 13) == ["lines"]
    assert engine.jobs[-1].parts.path == "Untitled-1"
    client.notify("textDocument/didClose", {"textDocument": {"uri": UNTITLED}})
    client.open(UNTITLED, "# counts the ", "python")
    assert await items(client, UNTITLED, 0, 13) == []


@pytest.mark.parametrize("name", [".env", "id_rsa", "secrets.yaml"])
async def test_an_unsaved_buffer_named_for_secrets_is_left_alone(connect: Connect, root: Path, name: str) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, engine, root)
    client.open(f"untitled:{name}", "a = ", "python")
    assert await items(client, f"untitled:{name}", 0, 4, kind=1) == []
    assert not engine.jobs


async def test_an_unsaved_buffer_is_not_taken_for_the_rules(connect: Connect, root: Path) -> None:
    client = await started(connect, ScriptedEngine("x"), root)
    client.open("untitled:.dovetail.toml", "nonsense = [", "toml")
    client.open(UNTITLED, "a = ")
    assert await items(client, UNTITLED, 0, 4)
    assert not [each for each in client.notifications if each["method"] == "textDocument/publishDiagnostics"]


@pytest.mark.parametrize(("language", "counted"), [("c++", "cpp"), ("python", "python"), ("nonsense", "other")])
async def test_statistics_count_the_editors_language(
    connect: Connect, state_folder: Path, language: str, counted: str
) -> None:
    client = await started(connect, ScriptedEngine("7"))
    client.open(UNTITLED, "a = ", language)
    assert await items(client, UNTITLED, 0, 4)
    await client.leave()
    assert {row.key.language for row in read(state_folder / "stats.sqlite3")} == {counted}


@pytest.mark.skipif(os.name == "nt", reason="Windows paths have drives")
async def test_a_header_is_what_the_editor_says(connect: Connect, root: Path) -> None:
    """In C, `class` and `new` are names, and code that uses them is complete."""
    engine = ScriptedEngine("new;")
    client = await started(connect, engine, root)
    header = (root / "a.h").as_uri()
    client.open(header, "int class = ", "c")
    assert await items(client, header, 0, 12, kind=1) == ["new;"]
    client.notify("textDocument/didClose", {"textDocument": {"uri": header}})
    client.open(header, "int class = ", "cpp")
    await items(client, header, 0, 12, kind=1)
    assert engine.jobs[-1].parts.path == "a.h"
