"""The account of a completion and its page: true, complete, and harmless for any text."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dovetail.completion.pipeline import complete
from dovetail.completion.postprocessing.confidence import Threshold
from dovetail.completion.request import Completion, CompletionRequest
from dovetail.explain.account import Account, account_json, account_of
from dovetail.explain.page import explain_page
from dovetail.explain.words import account_text
from dovetail.pages.code import Mark, rows
from dovetail.pages.frame import percent
from dovetail.settings import Settings
from dovetail_context.bundle import LeftOut
from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_models.engine.job import BlockTokens, CompletionReply
from dovetail_models.prompt.fit import Cut
from tests.lsp.cli.test_command_line import PLACE, dovetail
from tests.lsp.client import Client
from tests.lsp.scripted import ScriptedEngine

Connect = Callable[[ScriptedEngine], Awaitable[Client]]
URI = "untitled:a.py"
HOSTILE = "</script><img src=x onerror=alert(1)>&amp;\"'`$title ${body} <!-- ]]> {x} \ud800 \u2028"
BLOCKS = (
    BlockTokens("context:a/b.py", 30),
    BlockTokens("path", 5),
    BlockTokens("prefix", 40),
    BlockTokens("suffix", 10),
    BlockTokens("forced", 3),
    BlockTokens("markers", 4),
)
VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """What is in a page: tags with their attributes, texts, and whether every element ends."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if not self._open or self._open[-1] != "style" else ""


def account(
    text: str, written: str, path: str = "game.py", automatic: bool = True, **reply: Any
) -> tuple[Account, Completion]:
    """Return the account of a completion whose model wrote `written` at `$0` in `text`."""
    offset = text.index("$0")
    whole = text.replace("$0", "", 1)
    trigger = "automatic" if automatic else "invoked"
    engine = ScriptedEngine(written)
    engine.logprob = reply.pop("logprob", -0.001)
    request = CompletionRequest("doc", path, whole, offset, IndexSnapshot(Path()), trigger)
    completion = asyncio.run(complete(request, engine, Settings()))
    assert completion is not None
    known = CompletionReply(
        **{
            **{name: getattr(completion.reply, name) for name in CompletionReply.__dataclass_fields__},
            "blocks": BLOCKS,
            "prompt_tokens": 92,
            **reply,
        }
    )
    completion = replace(completion, reply=known)
    return account_of(completion, whole, automatic), completion


def test_the_page_shows_the_suggestion_in_its_place() -> None:
    explained, _ = account("a = 1\nb = $0\nc = 3\n", "a + 1")
    page = explain_page(explained)
    assert '<span class="ghost">a</span>' in page or '<span class="ghost">a ' in page
    assert "b = a + 1\n" in Reader(page).text, "all of it is as likely as its first word"


def test_every_block_is_a_part_of_the_bar_and_leads_to_its_text() -> None:
    explained, _ = account("a = 1\nb = $0\n", "a + 1")
    page = Reader(explain_page(explained))
    links = [attributes for tag, attributes in page.tags if tag == "a"]
    names = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert [link["style"] for link in links] == [f"flex-grow:{block.tokens}" for block in BLOCKS]
    assert {(link["href"] or "").removeprefix("#") for link in links} == names and len(names) == len(BLOCKS)
    assert all(link["aria-label"] for link in links)


def test_the_tokens_of_the_blocks_are_those_of_the_prompt() -> None:
    explained, completion = account("a = 1\nb = $0\n", "a + 1")
    assert sum(block.tokens for block in explained.blocks) == completion.reply.prompt_tokens
    texts = {block.kind: block.text for block in explained.blocks}
    assert (texts["prefix"], texts["typed"]) == ("a = 1\n", "b = ")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_move_the_cursor(ends: str) -> None:
    explained, _ = account(ends.join(("a = 1", "", "b = $0", "c = 2", "")), "a")
    assert explained.text[: explained.offset].endswith("\nb = ")
    assert {block.kind: block.text for block in explained.blocks}["typed"] == "b = "


@pytest.mark.parametrize(
    ("labels", "kinds"),
    [
        (
            ("repository", "context:a/b.py", "path", "markers", "prefix", "suffix", "forced"),
            ["project", "context", "path", "prefix", "suffix", "typed", "markers"],
        ),
        (
            ("suffix", "markers", "context:a/b.py", "path", "prefix", "forced"),
            ["suffix", "context", "path", "prefix", "typed", "markers"],
        ),
    ],
    ids=["prefix first", "suffix first"],
)
def test_parts_are_reported_in_the_order_of_the_models_layout(labels: tuple[str, ...], kinds: list[str]) -> None:
    blocks = tuple(BlockTokens(label, number + 1) for number, label in enumerate(labels))
    explained, completion = account("def f():\n    ret$0\n\nf()\n", "urn", blocks=blocks)
    named = account_of(replace(completion, repository="shop"), explained.text, automatic=True)
    assert [block.kind for block in named.blocks] == kinds
    texts = {block.kind: block.text for block in named.blocks}
    assert (texts["path"], texts["typed"], texts["suffix"]) == ("game.py", "    ret", "\n\nf()\n")
    assert texts.get("project", "shop") == "shop"
    page = Reader(explain_page(named))
    assert all(block.title in page.text for block in named.blocks)


@pytest.mark.parametrize("kind", ["text", "written", "path", "reason", "prompt", "model"])
def test_no_text_leaves_its_place(kind: str) -> None:
    path = f"{HOSTILE}.py".replace("/", "∕") if kind == "path" else "game.py"
    text = f"# {HOSTILE}\nb = $0\n" if kind == "text" else "b = $0\n"
    _, completion = account(text, HOSTILE if kind == "written" else "1", path, automatic=False)
    if kind == "reason":
        bundle = replace(completion.context, left_out=(LeftOut(HOSTILE, 1, HOSTILE, 7),), problems=(HOSTILE,))
        completion = replace(completion, anchor=replace(completion.anchor, context=bundle))
    if kind in ("prompt", "model"):
        completion = replace(completion, reply=replace(completion.reply, **{kind: HOSTILE}))
    page = explain_page(account_of(completion, text.replace("$0", ""), automatic=False))
    reader = Reader(page)
    page.encode("utf-8")
    assert not {tag for tag, _ in reader.tags} & {"script", "img", "link", "iframe", "object"}
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert "onerror=alert(1)" in reader.text.replace("∕", "/") and "$title" in reader.text


def test_the_page_loads_nothing() -> None:
    page = explain_page(account("b = $0\n", "1")[0])
    assert not re.search(r"https?:|//[a-z]|@import|url\(|<script|\bsrc=", page)
    assert "default-src 'none'" in page


def test_a_page_of_nothing_says_why() -> None:
    explained, completion = account("b = $0\n", "uncertain(", logprob=-9.0)
    assert completion.text == ""
    page = Reader(explain_page(explained)).text
    assert "not sure enough to show anything" in page and "Nothing is shown here" in page


@pytest.mark.parametrize(
    ("logprob", "written", "automatic", "decision"),
    [
        (-0.02, "a + 1", True, "sure enough to show all of it"),
        (-0.6, "first + second", True, "sure enough for a word"),
        (
            -0.02,
            "first(second,\n  third)",
            True,
            "sure enough to show all of it",
        ),
        (-0.1, ")", True, "nothing of it was fit to be shown"),
        (-9.0, "a", True, "not sure enough to show anything"),
        (-9.0, "a", False, "it was asked for, so that decides nothing"),
    ],
)
def test_what_confidence_decided(logprob: float, written: str, automatic: bool, decision: str) -> None:
    assert account("b = $0\n", written, automatic=automatic, logprob=logprob)[0].decision == decision


def test_a_threshold_of_the_users_own_decides() -> None:
    _, completion = account("b = $0\n", "first + second", logprob=-0.6)
    calibrated = replace(completion, threshold=Threshold(least_gain=100.0))
    assert account_of(calibrated, "b = \n", automatic=True).decision == "not sure enough to show anything"


def test_the_parts_and_what_they_promise_are_reported() -> None:
    explained, _ = account("b = $0\n", "first + second", logprob=math.log(0.5))
    word, whole = explained.parts
    assert (word.name, word.text, word.probability) == ("word", "first", pytest.approx(0.5))
    assert (whole.name, whole.probability, whole.gain) == ("all", pytest.approx(1 / 8), 0.0), "it is probably wrong"
    found = account_json(explained)
    assert found["least_gain"] == 5.0 and found["parts"][0] == {
        "part": "word",
        "text": "first",
        "probability": 0.5,
        "gain": 7.5,
    }
    promised = f"The first word: {percent(0.5)}, 7.5. All of it: {percent(whole.probability)}, 0.0."
    assert promised in Reader(explain_page(explained)).text
    lines = "".join(account_text(explained))
    assert "word  probability 0.50, expected gain 7.5 characters of the 5.0 that are needed" in lines


def test_what_shaping_took_away_is_struck_out() -> None:
    explained, completion = account("print($0)\n", "1)\nmore = 2")
    assert completion.text == "1"
    page = explain_page(explained)
    assert '<span class="gone">)</span>' in page
    assert any("Shaping left 1 character" in step for step in explained.steps)


def test_what_did_not_fit_is_reported() -> None:
    explained, _ = account("b = $0\n", "1", cut=(Cut("prefix", 120),))
    assert {block.kind: block.cut for block in explained.blocks}["prefix"] == 120
    assert ("prefix", 120, "the window was full") in {
        (each.where, each.tokens, each.rule) for each in explained.not_taken
    }
    assert "120 more tokens did not fit" in Reader(explain_page(explained)).text


def test_the_times_add_up() -> None:
    explained, completion = account("b = $0\n", "1", prefill_ms=2.0, decode_ms=1.0)
    completion = replace(completion, total_ms=50.0, context_ms=10.0)
    explained = account_of(completion, "b = \n", automatic=True, index_ms=900.0)
    assert explained.total_ms == pytest.approx(50.0)
    assert "900" in Reader(explain_page(explained)).text


def test_the_account_in_lines_holds_what_the_page_holds() -> None:
    explained, _ = account("b = $0\n", "1", prompt="<BOS>b = ")
    lines = account_text(explained)
    assert "<BOS>b = " in lines and "milliseconds" in lines and "sure enough to show all of it" in lines


def test_code_is_escaped_marked_and_whole() -> None:
    source = 'def f(x):\n    return "<b>" # é\n'
    html = rows("a.py", source, [Mark(4, 8, "ghost")], first=7)
    assert Reader(html).text == source + "\n"
    assert 'data-line="7"' in html and '<span class="row here" data-line="7">' in html
    assert rows("unknown.kind", "a\tb", (), 0) == '<span class="row" data-line="">a\tb\n</span>'


async def test_an_editor_gets_the_account_and_the_page(connect: Connect) -> None:
    client = await connect(ScriptedEngine("seven"))
    await client.initialize(None)
    client.open(URI, "a = 0\nx = \n")
    asked = {"textDocument": {"uri": URI}}
    assert await client.ask("dovetail/why", asked) is None
    await client.answer(client.ghost_text(URI, 1, 4, kind=2))
    why = (await client.ask("dovetail/why", asked))["why"]
    assert why["written"] == "seven" and why["remembered"] is False
    assert why["decision"] == "sure enough to show all of it"
    page = (await client.ask("dovetail/why", {**asked, "html": True}))["html"]
    assert "x = seven" in Reader(page).text
    # What was typed since does not spoil the account of what was answered then.
    span = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}
    change = {"textDocument": {"uri": URI, "version": 1}, "contentChanges": [{"range": span, "text": "se"}]}
    client.notify("textDocument/didChange", change)
    page = (await client.ask("dovetail/why", {**asked, "html": True}))["html"]
    assert "x = seven" in Reader(page).text
    await client.answer(client.ghost_text(URI, 1, 6, kind=2))
    assert (await client.ask("dovetail/why", asked))["why"]["remembered"] is True
    page = (await client.ask("dovetail/why", {**asked, "html": True}))["html"]
    assert "x = seven" in Reader(page).text and "came from memory" in Reader(page).text


def test_the_json_form_is_plain() -> None:
    explained, _ = account("b = $0\n", "1")
    again = json.loads(json.dumps(account_json(explained)))
    assert [block["kind"] for block in again["blocks"]] == ["context", "path", "prefix", "suffix", "typed", "markers"]


def test_complete_writes_the_page(project: Path) -> None:
    done = dovetail("complete", PLACE, "--html", "why.html", "--max-tokens", "4", cwd=project)
    page = Reader((project / "why.html").read_text(encoding="utf-8"))
    assert "why.html" in done.stderr
    assert "class Board" in page.text and "board.py" in page.text and "game.py:5:19" in page.text
    assert "<｜fim▁hole｜>" in page.text


def test_a_secret_in_the_file_is_not_on_its_page(project: Path) -> None:
    secret = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD3fG6"
    (project / "login.py").write_text(f'TOKEN = "{secret}"\nname = \n')
    explained = dovetail(
        "complete", "login.py:2:8", "--html", "why.html", "--explain", "--max-tokens", "4", cwd=project
    )
    page = (project / "why.html").read_text(encoding="utf-8")
    assert "TOKEN" in Reader(page).text and secret not in Reader(page).text and secret not in explained.stdout


def test_a_page_that_cannot_be_written_is_one_line(project: Path) -> None:
    done = dovetail("complete", PLACE, "--html", "no/such/why.html", "--max-tokens", "4", cwd=project, status=1)
    assert "why.html cannot be written" in done.stderr.replace("\\", "/")
