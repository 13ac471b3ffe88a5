"""Folders with rules of their own inside the folder that the editor opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lsp.rules.test_rules_server import Connect, prompt, started
from tests.lsp.scripted import ScriptedEngine

pytestmark = pytest.mark.usefixtures("own_rules_file")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An outer project, and an inner one that leaves one of its files out."""
    root = tmp_path / "outer"
    (root / "inner").mkdir(parents=True)
    (root / "app.py").write_text("from inner.rates import convert_all\n")
    (root / "inner" / "rates.py").write_text("def convert_all(of_inner: int) -> int: ...\n")
    (root / "inner" / "legacy.py").write_text("def convert_old(of_legacy: int) -> int: ...\n")
    (root / "inner" / "page.py").write_text("import rates\nimport legacy\n")
    (root / "inner" / ".dovetail.toml").write_text('exclude = ["legacy.py"]\nnotes = ["A note of inner."]\n')
    return root


async def test_a_file_belongs_to_the_nearest_rules(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine)
    page = (root / "inner" / "page.py").as_uri()
    client.open(page, "import rates\nimport legacy\nrates.\nlegacy.\n")
    await client.notification("dovetail/status", lambda status: not status["indexing"])
    assert "A note of inner." in await prompt(client, engine, page, 2, 6)
    assert "convert_all" in await prompt(client, engine, page, 2, 6)
    assert "convert_old" not in await prompt(client, engine, page, 3, 7)


async def test_an_inner_project_is_not_shown_outside(connect: Connect, root: Path) -> None:
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine)
    app = (root / "app.py").as_uri()
    client.open(app, "from inner.rates import convert_all\nconvert_all(\n")
    shown = await prompt(client, engine, app, 1, 12)
    assert "of_inner" not in shown and "A note of inner." not in shown


async def test_rules_that_come_later_set_a_folder_apart(connect: Connect, root: Path) -> None:
    rules = root / "inner" / ".dovetail.toml"
    text = rules.read_text()
    rules.unlink()
    engine = ScriptedEngine("x")
    client = await started(connect, root, engine)
    app = (root / "app.py").as_uri()
    client.open(app, "from inner.rates import convert_all\nconvert_all(\n")
    assert "of_inner" in await prompt(client, engine, app, 1, 12)
    rules.write_text(text)
    changed = {"changes": [{"uri": rules.as_uri(), "type": 1}]}
    client.notify("workspace/didChangeWatchedFiles", changed)
    for version in range(2, 50):
        document = {"uri": app, "version": version}
        body = f"from inner.rates import convert_all\nx{version} = 1\nconvert_all(\n"
        client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": body}]})
        if "of_inner" not in await prompt(client, engine, app, 2, 12):
            return
    pytest.fail("still shown")
