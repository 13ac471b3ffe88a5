"""The cases in `fixtures/`: each file is a workspace with its expectations. A new case is a new file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail_context.gather import gather
from dovetail_context.languages.registry import language_for
from dovetail_context.meaning.infer import Inference
from dovetail_context.meaning.names import Definition, Names
from dovetail_context.meaning.values import ExpressionScope, Value
from dovetail_context.members import members_at
from dovetail_context.query import Retrieval
from dovetail_context.retrieve.situation import read_situation
from tests.context.conftest import FIXTURES
from tests.context.workspace_text import read_workspace

Check = Callable[[Path, str, str], None]
BUDGET_TOKENS = 300  # of the context cases: enough for a few outlines, too little for everything


def cases(folder: str) -> list[object]:
    """Return the fixture files of one folder of every language, named by language and file."""
    found = sorted(FIXTURES.glob(f"*/{folder}/*.txt"))
    assert found, f"no fixtures in {folder}"
    return [pytest.param(file, id=f"{file.parent.parent.name}-{file.stem}") for file in found]


@pytest.mark.parametrize("file", cases("imports"))
def test_imports_lead_to_definitions(file: Path, check: Check, tmp_path: Path) -> None:
    """Every import of the file with the cursor, and every name under `#= also`, resolves as in `#= leads to`."""
    workspace = read_workspace(file.read_text(encoding="utf-8"))
    snapshot = workspace.snapshot(tmp_path)
    assert workspace.query is not None
    path, names = workspace.query.path, Names(snapshot)
    lines = []
    for imported in snapshot.files[path].imports:
        if not imported.alias:
            continue
        found = names.imported(imported, path)
        lines.append(f"{imported.alias} -> {', '.join(map(show, found)) or 'nothing of this project'}\n")
    for dotted in workspace.expected.get("also", "").split():
        module, _, name = dotted.rpartition(".")
        if module:
            modules = Inference(snapshot).evaluate(module, ExpressionScope(path))
            found = tuple(each for value in modules for each in names.in_module(value.definition, name))
        else:
            found = names.top_level(path, name)
        lines.append(f"{dotted} -> {', '.join(map(show, found)) or 'nothing of this project'}\n")
    check(file, "leads to", "".join(lines))


@pytest.mark.parametrize("file", cases("types"))
def test_types_are_inferred(file: Path, check: Check, tmp_path: Path) -> None:
    """What the expression before the cursor's dot is."""
    workspace = read_workspace(file.read_text(encoding="utf-8"))
    assert workspace.query is not None
    situation = read_situation(workspace.query, workspace.snapshot(tmp_path))
    assert situation is not None
    values = situation.inference.evaluate(situation.view.receiver, situation.place)
    check(file, "is", "".join(f"{show_value(value)}\n" for value in values) or "unknown\n")


@pytest.mark.parametrize("file", cases("members"))
def test_members_behind_a_dot(file: Path, check: Check, tmp_path: Path) -> None:
    """The names that may follow the cursor's dot, except those that every value has; none if others may follow."""
    workspace = read_workspace(file.read_text(encoding="utf-8"))
    assert workspace.query is not None
    language = language_for(workspace.query.path)
    assert language is not None
    typed = language.cursor(workspace.query.text, workspace.query.offset).typed
    names = (typed + rest for rest in members_at(workspace.query, workspace.snapshot(tmp_path)))
    shown = " ".join(name for name in names if name not in language.rules.universal_members)
    check(file, "members", f"{shown or 'unknown'}\n")


@pytest.mark.parametrize("file", cases("symbols"))
def test_symbols(file: Path, check: Check) -> None:
    """What a file defines and imports."""
    workspace = read_workspace(file.read_text(encoding="utf-8"))
    ((path, text),) = workspace.files.items()
    language = language_for(path)
    assert language is not None
    record = language.extract(path, text)
    symbols = []
    for symbol in record.symbols:
        facts = {
            "type": symbol.type,
            "value": symbol.value,
            "bases": ", ".join(symbol.bases),
            "doc": symbol.doc,
            "hidden": "" if symbol.exported else "yes",
        }
        shown = "".join(f"; {name} {fact}" for name, fact in facts.items() if fact)
        signature = symbol.signature.replace("\n", " / ")
        symbols.append(f"{symbol.start_line}-{symbol.end_line} {symbol.kind} {symbol.qualified}: {signature}{shown}\n")
    check(file, "symbols", "".join(symbols))
    if "imports" in workspace.expected:
        imports = (f"{each.line}: {each.module} {each.name or '(module)'} as {each.alias}\n" for each in record.imports)
        check(file, "imports", "".join(imports))


@pytest.mark.parametrize("file", cases("context"))
def test_context(file: Path, check: Check, tmp_path: Path) -> None:
    """What the scope retriever shows the model of the other files, as the prompt contains it.

    `#= budget` sets the token budget; the default is `BUDGET_TOKENS`.
    """
    workspace = read_workspace(file.read_text(encoding="utf-8"))
    assert workspace.query is not None
    budget = int(workspace.expected.get("budget", BUDGET_TOKENS))
    query = replace(workspace.query, retrieval=Retrieval(frozenset({"scope"})))
    bundle = gather(query, workspace.snapshot(tmp_path), budget)
    assert bundle.tokens <= budget
    check(file, "context", "".join(f"#{piece.path}\n{piece.text}\n" for piece in bundle.pieces))


def show(definition: Definition) -> str:
    """Return a definition in one line."""
    if definition.symbol is None:
        return f"module {definition.path or definition.module + ' (no file)'}"
    return f"{definition.path}:{definition.symbol.qualified}"


def show_value(value: Value) -> str:
    """Return a value in one line."""
    return f"{value.kind} {value.name or show(value.definition)}"
