"""Parameters as clients send them: unknown values are left out, numbers are clamped, texts are never guessed."""

from __future__ import annotations

import copy
import typing
from collections.abc import Iterator
from enum import Enum
from typing import Any

import attrs
import pytest
from lsprotocol import converters, types

from dovetail.server.lenient import Unfit, json_name, read

CONVERTER = converters.get_converter()
STRANGE = [None, "compact", 99, -1, 2**40, 1.5, True, [], {}, [None], {"a": None}]
START = {"line": 0, "character": 0}


def example(declared: Any) -> Any:
    """Return a JSON value of a type with every field, as an editor with all capabilities sends it."""
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if origin is typing.Union:
        kinds = [one for one in arguments if one is not type(None)]
        return example(kinds[0])
    if origin is not None and issubclass(origin, typing.Mapping):
        return {"key": example(arguments[1])}
    if origin is not None:
        return [example(arguments[0])]
    if attrs.has(declared):
        attrs.resolve_types(declared)
        return {json_name(field.name): example(field.type) for field in attrs.fields(declared)}
    if isinstance(declared, type) and issubclass(declared, Enum):
        return next(iter(declared)).value
    return {str: "text", int: 3, bool: True, float: 0.5}.get(declared)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the paths of all values inside a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return changed


EVERYTHING = example(types.InitializeParams)


def test_right_parameters_are_read_as_the_protocols_own_converter_reads_them() -> None:
    assert read(types.InitializeParams, EVERYTHING) == CONVERTER.structure(EVERYTHING, types.InitializeParams)


@pytest.mark.parametrize("strange", STRANGE, ids=repr)
def test_no_value_anywhere_in_the_clients_abilities_loses_the_server(strange: object) -> None:
    """An invalid field does not affect the others; lists keep the known items."""
    paths = list(places(EVERYTHING))
    assert len(paths) > 250
    for path in paths:
        params = read(types.InitializeParams, replaced(EVERYTHING, path, strange))
        assert isinstance(params.capabilities, types.ClientCapabilities)
        if path[0] != "capabilities":
            assert params.capabilities == read(types.InitializeParams, EVERYTHING).capabilities
        if path[0] != "clientInfo":
            assert params.client_info is not None


def test_unknown_items_leave_the_known_ones() -> None:
    kinds = {"valueSet": [1, 99, "x", None, {}, [], 2]}
    params = read(
        types.InitializeParams,
        {"capabilities": {"workspace": {"symbol": {"symbolKind": kinds}}}, "trace": "compact", "locale": "en"},
    )
    assert params.capabilities.workspace.symbol.symbol_kind.value_set == (
        types.SymbolKind.File,
        types.SymbolKind.Module,
    )
    assert (params.trace, params.locale) == (None, "en")


@pytest.mark.parametrize("params", [{}, {"capabilities": None}, {"capabilities": 7}, {"processId": "x"}])
def test_missing_abilities_are_none(params: dict[str, Any]) -> None:
    assert read(types.InitializeParams, params).capabilities == types.ClientCapabilities()


def test_folders_that_cannot_be_read_leave_the_others() -> None:
    folders = [None, {"uri": "file:///a"}, {"uri": None, "name": "b"}, 5, {"uri": "file:///c", "name": None}]
    params = read(types.InitializeParams, {"workspaceFolders": folders})
    assert [folder.uri for folder in params.workspace_folders] == ["file:///a", "file:///c"]


def change(**fields: Any) -> dict[str, Any]:
    return {"textDocument": {"uri": "u", "version": 1}, "contentChanges": [fields]}


@pytest.mark.parametrize(
    ("number", "clamped"),
    [(-1, 0), (2**31, 2**31 - 1), (2**32 - 1, 2**31 - 1), (10**30, 2**31 - 1), (2.0, 2), (-0.0, 0), (1e300, 2**31 - 1)],
)
def test_positions_are_clamped(number: float, clamped: int) -> None:
    end = {"line": number, "character": number}
    (read_change,) = read(
        types.DidChangeTextDocumentParams, change(range={"start": START, "end": end}, text="")
    ).content_changes
    assert read_change.range.end == types.Position(clamped, clamped)


@pytest.mark.parametrize(
    "fields", [{"range": None, "text": "all"}, {"text": "all"}, {"range": None, "rangeLength": 0, "text": "all"}]
)
def test_a_change_without_a_range_is_the_whole_text(fields: dict[str, Any]) -> None:
    (whole,) = read(types.DidChangeTextDocumentParams, change(**fields)).content_changes
    assert whole == types.TextDocumentContentChangeWholeDocument("all")


@pytest.mark.parametrize(
    "fields",
    [
        {"range": {"start": START}, "text": "x"},
        {"range": {"start": START, "end": None}, "text": "x"},
        {"range": 5, "text": "x"},
        {"range": {"start": START, "end": {"line": "1", "character": 0}}, "text": "x"},
        {"range": {"start": START, "end": {"line": 0.5, "character": 0}}, "text": "x"},
        {"range": {"start": START, "end": {"line": True, "character": 0}}, "text": "x"},
        {"range": {"start": START, "end": START}, "text": None},
        {"range": {"start": START, "end": START}},
        {"text": 5},
        {},
    ],
)
def test_a_change_that_is_not_clear_makes_the_whole_message_unreadable(fields: dict[str, Any]) -> None:
    message = change(**fields)
    message["contentChanges"].insert(0, {"text": "a clear one"})
    with pytest.raises(Unfit):
        read(types.DidChangeTextDocumentParams, message)


@pytest.mark.parametrize("changes", [None, {}, "x", [None], [5]])
def test_no_list_of_changes_is_unreadable(changes: object) -> None:
    with pytest.raises(Unfit):
        read(types.DidChangeTextDocumentParams, {"textDocument": {"uri": "u", "version": 1}, "contentChanges": changes})


@pytest.mark.parametrize("version", [None, "2", 1.5, -(10**20), {}])
def test_a_version_decides_nothing(version: object) -> None:
    item = {"uri": "u", "languageId": None, "version": version, "text": "t"}
    assert read(types.DidOpenTextDocumentParams, {"textDocument": item}).text_document.text == "t"
    document = {"uri": "u", "version": version}
    assert read(types.DidChangeTextDocumentParams, {"textDocument": document, "contentChanges": []})


@pytest.mark.parametrize("text", [None, 5, ["t"], True])
def test_a_text_is_not_guessed(text: object) -> None:
    with pytest.raises(Unfit):
        read(
            types.DidOpenTextDocumentParams,
            {"textDocument": {"uri": "u", "languageId": "x", "version": 1, "text": text}},
        )


@pytest.mark.parametrize("context", [None, {}, 5, {"triggerKind": 0}, {"triggerKind": "x"}, {"triggerKind": 99}])
def test_older_and_newer_ways_to_ask_for_a_completion(context: object) -> None:
    params = {"textDocument": {"uri": "u"}, "position": START, "context": context}
    found = read(types.InlineCompletionParams, params).context
    assert found.trigger_kind is types.InlineCompletionTriggerKind.Automatic


def test_changes_of_notebook_cells_lose_nothing() -> None:
    content = {"document": {"uri": "u", "version": None}, "changes": [{"text": "x"}, {"text": None}]}
    params = {"notebookDocument": {"uri": "n"}, "change": {"cells": {"textContent": [content]}}}
    with pytest.raises(Unfit):
        read(types.DidChangeNotebookDocumentParams, params)
    content["changes"].pop()
    assert read(types.DidChangeNotebookDocumentParams, params).change.cells.text_content
