"""What is offered while a file of rules is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dovetail.rules.parse import parse_rules
from dovetail.rules.toml_completion import Suggestion, suggestions
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]


def at(text: str) -> list[Suggestion]:
    """Return the suggestions at `$0`."""
    return suggestions(text.replace("$0", ""), text.index("$0"))


def texts(text: str) -> list[str]:
    return [each.text for each in at(text)]


def test_keys_and_tables_at_the_top() -> None:
    found = texts("$0")
    assert {"exclude = [", "pins = [", "notes = [", "[[rules]]", "[retrievers.similar]"} <= set(found)
    assert "weight = " not in found


def test_keys_that_are_there_are_not_offered_again() -> None:
    found = texts('exclude = ["a"]\n$0')
    assert "exclude = [" not in found and "include = [" in found


@pytest.mark.parametrize(
    ("text", "offered", "not_offered"),
    [
        ('[[rules]]\npaths = ["*.py"]\n$0', "prefer = [", "exclude = ["),
        ("[retrievers.similar]\n$0", "weight = ", "pins = ["),
        ("[[rules]]\n[retrievers.similar]\nen$0", "enabled = ", "paths = ["),
        ("[retrievers.similar]\nenabled = $0", "true", "enabled = "),
        ("[[rules]]\ncompletion = f$0", "false", "paths = ["),
        ("[[rules]]\nretrievers.similar.enabled = $0", "true", "paths = ["),
        ("languages_off = [$0", '"rust"', "rust"),
        ('languages_off = ["$0"]', "rust", '"rust"'),
        ('languages_off = [\n  "go",\n  "$0', "rust", '"rust"'),
        ("[re$0", "[retrievers.similar]", "weight = "),
    ],
)
def test_what_fits_the_place(text: str, offered: str, not_offered: str) -> None:
    assert offered in texts(text)
    assert not_offered not in texts(text)


@pytest.mark.parametrize(
    "text", ['exclude = ["$0"]', 'exclude = [\n  "a",\n  $0\n]', 'notes = ["[[rules]]\\n$0"]', "a b$0"]
)
def test_where_nothing_can_be_known_nothing_is_offered(text: str) -> None:
    assert texts(text) == []


def test_every_key_that_is_offered_is_understood() -> None:
    for table in ("", '[[rules]]\npaths = ["a"]\n', "[retrievers.similar]\n"):
        for each in at(f"{table}$0"):
            if each.kind != "key":
                continue
            value = {"[": "]"}.get(each.text[-1], "")
            given = value or next(v for v in ("true", "1") if not parse_rules(f"{table}{each.text}{v}", "a").problems)
            problems = [one.message for one in parse_rules(f"{table}{each.text}{given}", "a").problems]
            assert not any("no key" in one or "unknown" in one for one in problems), problems


async def test_clients_that_can_watch_files_are_asked_to(connect: Connect, tmp_path: Path) -> None:
    client = await connect(ScriptedEngine())
    capabilities = {"textDocument": {"completion": {"dynamicRegistration": True}}}
    params = {"processId": None, "rootUri": None, "capabilities": capabilities}
    result = await client.ask("initialize", params)
    assert "completionProvider" not in result["capabilities"]
    client.notify("initialized", {})
    uri = (tmp_path / ".dovetail.toml").as_uri()
    client.open(uri, "# rules\nexc", "toml")
    client.open("untitled:a.py", "exc")
    await client.until(lambda: bool(client.asked_for("client/registerCapability")))
    (registration,) = client.asked_for("client/registerCapability")[0]["registrations"]
    assert registration["registerOptions"]["documentSelector"] == [{"pattern": "**/.dovetail.toml"}]
    place = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 3}}
    items = (await client.ask("textDocument/completion", place))["items"]
    (item,) = [each for each in items if each["label"] == "exclude"]
    start = {"line": 1, "character": 0}
    assert item["textEdit"] == {"range": {"start": start, "end": place["position"]}, "newText": "exclude = ["}
    elsewhere = {"textDocument": {"uri": "untitled:a.py"}, "position": {"line": 0, "character": 3}}
    assert (await client.ask("textDocument/completion", elsewhere))["items"] == []
