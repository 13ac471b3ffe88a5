"""Notebooks through the server: cells in their order, edits of that order, commands among the lines, secrets above."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dovetail.stats.store import read
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
CODE, MARKUP = 2, 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "lab").mkdir(parents=True)
    (root / "money.py").write_text(
        "class Money:\n    def __init__(self, amount: int, currency: str) -> None:\n        self.amount = amount\n"
    )
    return root


@dataclass
class Notebook:
    """A notebook as a client keeps it; the part after "#" names a cell."""

    client: Client
    engine: ScriptedEngine
    file: Path
    uri: str = ""
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.uri = self.file.as_uri()

    def cell(self, name: str) -> str:
        return f"{self.uri.replace('file://', 'vscode-notebook-cell:')}#{name}"

    def open(self, *cells: tuple[str, str] | tuple[str, str, str] | tuple[str, str, str, int]) -> None:
        """Cells are a name, a text, a language and a kind."""
        notebook = {"uri": self.uri, "notebookType": "jupyter-notebook", "version": 1, "cells": self.cells(*cells)}
        texts = [self.document(*cell) for cell in cells]
        self.client.notify("notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": texts})

    def cells(self, *cells: Any) -> list[dict[str, Any]]:
        return [
            {"kind": cell[3] if len(cell) > 3 else CODE, "document": self.cell(cell[0]), "metadata": {"tags": []}}
            for cell in cells
        ]

    def document(self, name: str, text: str, language: str = "python", kind: int = CODE) -> dict[str, Any]:
        return {"uri": self.cell(name), "languageId": language, "version": 1, "text": text}

    def change(self, **change: Any) -> None:
        self.client.notify(
            "notebookDocument/didChange", {"notebookDocument": {"uri": self.uri, "version": 2}, "change": change}
        )

    def splice(self, start: int, removed: int, cells: Any = (), opened: Any = (), closed: tuple[str, ...] = ()) -> None:
        structure = {
            "array": {"start": start, "deleteCount": removed, "cells": self.cells(*cells)},
            "didOpen": [self.document(*cell) for cell in opened],
            "didClose": [{"uri": self.cell(name)} for name in closed],
        }
        self.change(cells={"structure": structure})

    def type(self, name: str, text: str, line: int, start: int, end: int) -> None:
        """Replace a part of a line of a cell."""
        self.versions[name] = self.versions.get(name, 1) + 1
        span = {"start": {"line": line, "character": start}, "end": {"line": line, "character": end}}
        document = {"uri": self.cell(name), "version": self.versions[name]}
        content = {"document": document, "changes": [{"range": span, "text": text}]}
        self.change(cells={"textContent": [content]})

    async def items(self, name: str, line: int, column: int, kind: int = 2) -> list[dict[str, Any]]:
        result = (await self.client.answer(self.client.ghost_text(self.cell(name), line, column, kind)))["result"]
        return list(result["items"]) if result else []

    async def shown(self, name: str, line: int, column: int) -> str:
        """Return the text before the cursor that the model sees."""
        before = len(self.engine.jobs)
        await self.items(name, line, column, kind=1)
        jobs = (job for job in self.engine.jobs[before:] if job.priority == "interactive")
        job = next(job for job in jobs if job.document == self.cell(name))
        return job.parts.prefix + job.parts.forced


async def started(connect: Connect, root: Path, path: str = "lab/day.ipynb", text: str = "7") -> Notebook:
    engine = ScriptedEngine(text)
    client = await connect(engine)
    await client.initialize(root)
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    return Notebook(client, engine, root / path)


async def test_notebooks_are_announced_to_clients_that_have_them(connect: Connect) -> None:
    client = await connect(ScriptedEngine())
    capabilities = {"notebookDocument": {"synchronization": {}}}
    result = await client.ask("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
    (selector,) = result["capabilities"]["notebookDocumentSync"]["notebookSelector"]
    assert selector["notebook"] == "*"
    languages = {cell["language"] for cell in selector["cells"]}
    assert "python" in languages and not languages & {"markdown", "ipython"}


async def test_the_cells_above_are_the_files_text(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "import os"), ("b", "😀 = 1\nx = "), ("c", "y = 2"))
    (item,) = await notebook.items("b", 1, 4)
    place = {"line": 1, "character": 4}
    assert (item["insertText"], item["range"]) == ("7", {"start": place, "end": place})
    parts = notebook.engine.jobs[0].parts
    assert (parts.prefix, parts.forced, parts.suffix) == ("import os\n😀 = 1\n", "x = ", "")
    assert parts.path == "lab/day.py"
    why = await notebook.client.ask("dovetail/why", {"textDocument": {"uri": notebook.cell("b")}})
    assert (why["path"], why["line"], why["column"]) == ("lab/day.ipynb", 2, 5)


async def test_the_rest_of_the_cell_is_what_follows(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root, text="alpha + beta")
    notebook.open(("a", "import os"), ("b", "x = \nprint(x)"), ("c", "z = 3"))
    assert await notebook.items("b", 0, 4)
    assert notebook.engine.jobs[0].parts.suffix == "\nprint(x)"


async def test_the_project_counts_in_a_cell(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "%matplotlib inline\nfrom money import Money"), ("b", "m = Money(1, 'x')\n!ls"), ("c", "m.am"))
    await notebook.items("c", 0, 4)
    job = notebook.engine.jobs[0]
    assert job.names == ("ount",)
    assert "amount: int, currency: str" in "".join(block.text for block in job.parts.context)
    assert set(job.files) == {str(root / "money.py"), str(root / "lab" / "day.ipynb")}


async def test_commands_stay_in_the_prompt_and_break_nothing(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root, text="compute(1)")
    notebook.open(("a", "%%time\n!pip install (x\nfiles = !ls"), ("b", "%load_ext autoreload\nx = "))
    assert [item["insertText"] for item in await notebook.items("b", 1, 4)] == ["compute(1)"]
    assert notebook.engine.jobs[0].parts.prefix == "%%time\n!pip install (x\nfiles = !ls\n%load_ext autoreload\n"
    assert await notebook.items("b", 0, 20) == []  # after a command, as in a comment


async def test_edits_of_cells_and_of_their_order(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "a = 1"), ("b", "b = 2"), ("c", "x = "))
    assert await notebook.shown("c", 0, 4) == "a = 1\nb = 2\nx = "
    notebook.type("a", "10", 0, 4, 5)
    assert await notebook.shown("c", 0, 4) == "a = 10\nb = 2\nx = "
    notebook.splice(1, 0, [("d", "d = 4")], opened=[("d", "d = 4")])
    assert await notebook.shown("c", 0, 4) == "a = 10\nd = 4\nb = 2\nx = "
    notebook.splice(0, 1, closed=("a",))
    assert await notebook.shown("c", 0, 4) == "d = 4\nb = 2\nx = "
    # Moved: taken away in one place and put back in another.
    notebook.splice(0, 1)
    notebook.splice(2, 0, [("d", "d = 4")])
    assert await notebook.shown("c", 0, 4) == "b = 2\nx = "
    notebook.splice(0, 2, [("c", ""), ("b", "")])
    assert await notebook.shown("c", 0, 4) == "x = "
    assert await notebook.shown("d", 0, 4) == "x = \nb = 2\nd = "


async def test_kind_and_language_of_a_cell_may_change(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "a = 1"), ("b", "b = 2"), ("c", "x = "))
    notebook.change(cells={"data": notebook.cells(("b", "", "", MARKUP))})
    assert await notebook.shown("c", 0, 4) == "a = 1\nx = "
    notebook.change(cells={"data": notebook.cells(("b", ""))})
    notebook.splice(0, 1, [("a", "")], opened=[("a", "select 1", "sql")], closed=("a",))
    assert await notebook.shown("c", 0, 4) == "b = 2\nx = "
    notebook.splice(0, 1, [("a", "")], opened=[("a", "a = 3", "python")], closed=("a",))
    assert await notebook.shown("c", 0, 4) == "a = 3\nb = 2\nx = "


async def test_metadata_outputs_and_saving_change_nothing(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "a = 1"), ("b", "x = "))
    notebook.change(metadata={"kernelspec": {"name": "python3"}, "list": [1, {"two": None}]})
    executed = {**notebook.cells(("a", ""))[0], "executionSummary": {"executionOrder": 1, "success": True}}
    notebook.change(cells={"data": [executed]})
    notebook.change()
    notebook.change(cells={})
    notebook.client.notify("notebookDocument/didSave", {"notebookDocument": {"uri": notebook.uri}})
    assert await notebook.shown("b", 0, 4) == "a = 1\nx = "
    assert not [each for each in notebook.client.notifications if each["method"] == "window/showMessage"]


async def test_a_closed_notebook_is_forgotten(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "a = 1"), ("b", "x = "))
    closing = {"notebookDocument": {"uri": notebook.uri}, "cellTextDocuments": [{"uri": notebook.cell("a")}]}
    notebook.client.notify("notebookDocument/didClose", closing)
    assert await notebook.items("b", 0, 4) == []
    notebook.change(cells={"structure": {"array": {"start": 0, "deleteCount": 1}}})
    notebook.open(("b", "x = "))
    assert await notebook.shown("b", 0, 4) == "x = "


@pytest.mark.parametrize(
    ("text", "language", "kind", "line"),
    [
        ("Some words about x = ", "markdown", MARKUP, 0),
        ("Some words about x = ", "markdown", CODE, 0),
        ("x = ", "python", MARKUP, 0),
    ],
)
async def test_prose_is_left_alone(
    connect: Connect, root: Path, text: str, language: str, kind: int, line: int
) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "import os"), ("b", text, language, kind))
    assert await notebook.items("b", line, len(text)) == []
    assert not notebook.engine.jobs


@pytest.mark.parametrize(
    ("text", "language", "path"),
    [
        ("select * from ", "sql", "lab/day.sql"),
        ("%%bash\necho ", "python", "lab/day.ipynb"),
        ("%%sql\nselect ", "python", "lab/day.ipynb"),
        ("x <- ", "r", "lab/day.ipynb"),
    ],
)
async def test_a_cell_in_another_language_is_not_taken_for_python(
    connect: Connect, root: Path, text: str, language: str, path: str
) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "from money import Money"), ("b", text, language), ("c", "x = "))
    last = text.rpartition("\n")[2]
    assert await notebook.shown("b", text.count("\n"), len(last)) == text
    parts = notebook.engine.jobs[0].parts
    assert parts.path == path and not parts.context
    assert await notebook.shown("c", 0, 4) == "from money import Money\nx = "


async def test_cells_of_several_languages_see_their_own(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "let a = 1;", "rust"), ("b", "b = 2"), ("c", "let x = ", "rust"))
    assert await notebook.shown("c", 0, 8) == "let a = 1;\nlet x = "
    assert notebook.engine.jobs[0].parts.path == "lab/day.rs"


async def test_a_notebook_in_a_python_file(connect: Connect, root: Path) -> None:
    """Some editors show `# %%` files as notebooks; their cells of prose are none the less no Python."""
    notebook = await started(connect, root, "lab/day.py")
    notebook.open(("a", "a = 1"), ("b", "some words", "markdown", MARKUP), ("c", "x = "))
    assert await notebook.shown("c", 0, 4) == "a = 1\nx = "
    assert await notebook.items("b", 0, 10) == []


async def test_a_cell_above_that_is_left_open_is_passed_over(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "a = 1"), ("b", "text = '''half typed"), ("c", "f(1, "), ("d", "x = "))
    assert await notebook.shown("d", 0, 4) == "a = 1\nx = "


@pytest.mark.parametrize(
    "uri", ["vscode-notebook-cell:{path}#W0", "vscode-notebook-cell://ssh-remote%2Bhost{path}#W0", "file://{path}#W0"]
)
async def test_a_cell_that_comes_as_a_document_alone(connect: Connect, root: Path, uri: str) -> None:
    notebook = await started(connect, root)
    cell = uri.format(path=notebook.uri.removeprefix("file://"))
    notebook.client.open(cell, "from money import Money\nm = Money(")
    result = (await notebook.client.answer(notebook.client.ghost_text(cell, 1, 10)))["result"]
    assert result["items"]
    job = notebook.engine.jobs[0]
    assert (job.parts.path, job.parts.prefix) == ("lab/day.py", "from money import Money\n")
    assert "currency" in "".join(block.text for block in job.parts.context)
    notebook.client.open(cell, "# counts the ")
    assert (await notebook.client.answer(notebook.client.ghost_text(cell, 0, 13, kind=2)))["result"] is None


async def test_cells_that_come_both_ways(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "a = 1"), ("b", "x = "))
    notebook.client.open(notebook.cell("b"), "x = ")
    assert await notebook.shown("b", 0, 4) == "a = 1\nx = "


@pytest.mark.parametrize("scheme", ["untitled", "vscode-notebook-cell"])
async def test_a_notebook_that_was_never_saved(connect: Connect, root: Path, scheme: str) -> None:
    notebook = await started(connect, root)
    notebook.uri = "untitled:Untitled-1.ipynb?jupyter-notebook"
    notebook.open(("a", "from money import Money"), ("b", "m = Money("))
    cell = f"{scheme}:Untitled-1.ipynb?jupyter-notebook#lone"
    assert await notebook.shown("b", 0, 10) == "from money import Money\nm = Money("
    job = notebook.engine.jobs[0]
    assert job.parts.path == "Untitled-1.py" and "currency" in "".join(block.text for block in job.parts.context)
    notebook.client.open(cell, "# counts the ")
    assert (await notebook.client.answer(notebook.client.ghost_text(cell, 0, 13, kind=2)))["result"] is None


@pytest.mark.parametrize(
    ("rules", "path", "silent"),
    [
        ('completion_off = ["lab/"]', "lab/day.ipynb", True),
        ('completion_off = ["*.ipynb"]', "lab/day.ipynb", True),
        ('completion_off = ["*.py"]', "lab/day.ipynb", False),
        ('[[rules]]\npaths = ["lab/**"]\ncompletion = false', "lab/day.ipynb", True),
        ('languages_off = ["python"]', "lab/day.ipynb", True),
        ('languages_off = ["rust"]', "lab/day.ipynb", False),
        ("", "lab/credentials.ipynb", True),
    ],
)
async def test_rules_hold_in_cells_as_for_the_notebook(
    connect: Connect, root: Path, rules: str, path: str, silent: bool
) -> None:
    (root / ".dovetail.toml").write_text(rules + "\n", encoding="utf-8")
    notebook = await started(connect, root, path)
    notebook.open(("a", "a = 1"), ("b", "x = "))
    assert bool(await notebook.items("b", 0, 4, kind=1)) is not silent
    assert bool(notebook.engine.jobs) is not silent


@pytest.mark.parametrize("left_out", ["ignored", "excluded", "not at all"])
async def test_nothing_is_kept_of_a_notebook_that_is_left_out(connect: Connect, root: Path, left_out: str) -> None:
    if left_out == "ignored":
        (root / ".gitignore").write_text("lab/\n", encoding="utf-8")
    elif left_out == "excluded":
        (root / ".dovetail.toml").write_text('exclude = ["lab/"]\n', encoding="utf-8")
    notebook = await started(connect, root)
    notebook.file.write_text("{}", encoding="utf-8")
    notebook.open(("a", "from money import Money"), ("b", "x = Money("))
    assert await notebook.items("b", 0, 10)
    await notebook.client.leave()
    kept = {str(root / "money.py")} | ({str(notebook.file)} if left_out == "not at all" else set())
    assert notebook.engine.kept == kept


async def test_secrets_in_cells_above_are_blanked_out(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    notebook.open(("a", f'token = "{secret}"'), ("b", "x = "))
    shown = await notebook.shown("b", 0, 4)
    assert secret not in shown and shown.startswith("token = ") and shown.endswith("\nx = ")
    notebook.type("a", "other", 0, 0, 5)
    assert secret not in await notebook.shown("b", 0, 4)
    assert all(secret not in str(job) for job in notebook.engine.jobs)


async def test_cells_are_no_files_of_the_project(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root)
    notebook.open(("a", "def only_here(amount: float) -> str: ...\nonly_here(1)"), ("b", "x = 1"))
    app = (root / "app.py").as_uri()
    notebook.client.open(app, "price = only_here(")
    for _ in range(3):
        await notebook.client.answer(notebook.client.ghost_text(app, 0, 18))
    assert "amount: float" not in "".join(str(job.parts.context) for job in notebook.engine.jobs)


async def test_typing_along_in_a_cell_asks_no_model_and_is_counted(
    connect: Connect, root: Path, state_folder: Path
) -> None:
    notebook = await started(connect, root, text="seven")
    notebook.open(("a", "a = 0"), ("b", "x = "))
    for number, character in enumerate("sev"):
        (item,) = await notebook.items("b", 0, 4 + number)
        assert item["insertText"] == "seven"[number:]
        notebook.type("b", character, 0, 4 + number, 4 + number)
    (item,) = await notebook.items("b", 0, 7)
    notebook.type("b", item["insertText"], 0, 7, 7)
    await notebook.client.leave()
    rows = {row.key.name: row for row in read(state_folder / "stats.sqlite3")}
    assert {row.key.language for row in rows.values()} == {"python"}
    assert (rows["answered"].count, rows["remembered"].count, rows["whole"].count) == (4, 3, 1)


async def test_a_changed_cell_above_is_asked_about_again(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root, text="seven")
    notebook.open(("a", "a = 0"), ("b", "x = "))
    assert await notebook.items("b", 0, 4)
    notebook.type("a", "1", 0, 4, 5)
    notebook.engine.text = "eight"
    assert [item["insertText"] for item in await notebook.items("b", 0, 4)] == ["eight"]


async def test_a_word_chosen_in_the_list_of_a_cell(connect: Connect, root: Path) -> None:
    notebook = await started(connect, root, text="(1)")
    notebook.open(("a", "a = 0"), ("b", "x = fi"))
    span = {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 6}}
    result = await notebook.client.ask(
        "textDocument/inlineCompletion",
        {
            "textDocument": {"uri": notebook.cell("b")},
            "position": {"line": 0, "character": 6},
            "context": {"triggerKind": 2, "selectedCompletionInfo": {"text": "first", "range": span}},
        },
    )
    (item,) = result["items"]
    assert (item["insertText"], item["range"]) == ("first(1)", span)
