"""The pure parts: addresses, events, faults, prompts as text, markers that stay text."""

from __future__ import annotations

import pytest

from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.remote.address import parse_address
from dovetail_models.remote.dialects.dialect import MAX_STOPS, stops
from dovetail_models.remote.dialects.sse import EventReader, EventsError
from dovetail_models.remote.family import family_named
from dovetail_models.remote.faults import PROBES_S, RemoteFault, Retry, probe_pause_s, retry
from dovetail_models.remote.prompt import Density, build, spelling_grammar, split_typed

FAMILY = family_named("deepseek-coder")


@pytest.mark.parametrize(
    ("url", "base", "host", "loopback", "encrypted", "openai"),
    [
        ("http://localhost:8080/", "http://localhost:8080", "localhost:8080", True, False, False),
        ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080", True, False, False),
        ("https://gpu.example/llm/v1/", "https://gpu.example/llm", "gpu.example", False, True, True),
        ("http://10.0.0.7:8000", "http://10.0.0.7:8000", "10.0.0.7:8000", False, False, False),
        ("http://127.0.0.1.example", "http://127.0.0.1.example", "127.0.0.1.example", False, False, False),
    ],
)
def test_an_address(url: str, base: str, host: str, loopback: bool, encrypted: bool, openai: bool) -> None:
    address = parse_address(url)
    found = (address.base, address.host, address.is_loopback, address.is_encrypted, address.is_openai)
    assert found == (base, host, loopback, encrypted, openai)
    assert ("unencrypted" in address.privacy) == (not loopback and not encrypted)
    assert ("leave this machine" in address.privacy) == (not loopback)


@pytest.mark.parametrize(
    "url",
    ["gpu.example", "ftp://gpu.example", "http://", "http://x:99999999", "http://me:secret@x", "http://x?key=secret"],
)
def test_a_wrong_address_is_one_line_without_the_secret(url: str) -> None:
    with pytest.raises(EngineError) as caught:
        parse_address(url)
    assert "\n" not in str(caught.value) and "secret" not in str(caught.value) and ": " in str(caught.value)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_come_whole_however_the_bytes_are_cut(size: int) -> None:
    stream = b": ping\r\n\r\ndata: one\r\n\r\nevent: x\ndata: two\ndata: lines\n\ndata:\xc3\xa9\n\nid: 1\n\ndata: cut"
    reader, found = EventReader(), []
    for start in range(0, len(stream), size):
        found += reader.feed(stream[start : start + size])
    assert found == ["one", "two\nlines", "é"]


def test_a_huge_line_is_no_event() -> None:
    reader = EventReader(line_bytes=100)
    with pytest.raises(EventsError):
        for _ in range(20):
            list(reader.feed(b"x" * 10))


def test_when_a_request_is_sent_again() -> None:
    assert retry(RemoteFault("cut", ""), 0) == Retry(0.25)
    assert retry(RemoteFault("server", ""), 2) is None
    assert retry(RemoteFault("busy", "", 1.5), 0) == Retry(1.5)
    assert retry(RemoteFault("busy", "", 60.0), 0) is None
    for kind in ("token", "address", "slow", "protocol", "request", "tls"):
        assert retry(RemoteFault(kind, ""), 0) is None
    pauses = [probe_pause_s(failures) for failures in range(1, 9)]
    assert pauses == sorted(pauses) and pauses[0] == PROBES_S[0] and pauses[-1] == PROBES_S[-1]


def test_at_most_four_stop_strings_the_callers_first() -> None:
    assert stops(("\n", "", "\n", "a"), ("x", "y", "z")) == ["\n", "a", "x", "y"]
    assert len(stops(tuple("abcdefg"), ())) == MAX_STOPS


@pytest.mark.parametrize(
    ("typed", "head", "pending"),
    [
        ("    retu", "   ", " retu"),
        ("return self.na", "return self", ".na"),
        ("x = ", "x =", " "),
        ("foo(", "foo", "("),
        ("a_b", "a", "_b"),
        ("x1", "x", "1"),
        ("if größ", "if", " größ"),
        ("", "", ""),
        ("\n", "\n", ""),
    ],
)
def test_where_a_typed_text_is_split(typed: str, head: str, pending: str) -> None:
    assert split_typed(typed) == (head, pending)


def test_a_grammar_holds_any_text() -> None:
    assert (
        spelling_grammar('a"\\\t é😀') == 'root ::= "a\\x22\\x5C\\x09\\x20\\u00E9\\U0001F600" rest\nrest ::= [^\\x00]*'
    )


@pytest.mark.parametrize("marker", [*FAMILY.markers.values(), *FAMILY.others, "<|im_start|>", "<|fim_prefix|>"])
def test_a_marker_in_a_text_stays_text(marker: str) -> None:
    text = f"a = '{marker}'  # {marker}{marker}"
    pieces = FAMILY.broken_up(text)
    assert "".join(pieces) == text and not any(marker in piece for piece in pieces)
    assert marker not in FAMILY.escaped(text) and FAMILY.unescaped(FAMILY.escaped(text)) == text


def test_a_prompt_as_text() -> None:
    blocks = (ContextBlock("a.py", "one"), ContextBlock("b.py", "two"), ContextBlock("a.py", "three <｜fim▁hole｜>"))
    parts = PromptParts(blocks, "main.py", "def f():\n", "\n# end", "    retu")
    prompt = build(parts, FAMILY, 4000, Density(), heals=True)
    assert prompt.content == (
        "#a.py\none\n#b.py\ntwo\n#a.py\nthree <｜\u2060fim▁hole｜>\n#main.py\n"
        "<｜fim▁begin｜>def f():\n<｜fim▁hole｜>\n# end<｜fim▁end｜>   "
    )
    assert prompt.pending == " retu" and prompt.cut == ()
    assert prompt.readable.endswith("<｜fim▁end｜>    retu") and "three <｜fim▁hole｜>\n" in prompt.readable
    assert dict(prompt.blocks)["context:a.py"] == len("#a.py\none\n#a.py\nthree <｜fim▁hole｜>\n")
    assert build(parts, FAMILY, 4000, Density(), heals=False).content.endswith("<｜fim▁end｜>    retu")


def test_a_long_prompt_is_cut_to_the_room() -> None:
    parts = PromptParts((ContextBlock("a.py", "one\n" * 500),), "main.py", "x = 1\n" * 1000, "y = 2\n" * 1000)
    for room in (100, 300, 2000):
        prompt = build(parts, FAMILY, room, Density(2.0), heals=True)
        assert prompt.characters <= room * 2.0 and prompt.cut
        assert len(prompt.content) < room * 2.0 + 60  # the markers


def test_the_density_follows_what_servers_report() -> None:
    density = Density().after(1000, 500)
    assert density.characters_per_token == 2.0
    assert density.after(30, 30) == density  # too short for an estimate
    assert density.lowered().characters_per_token < 2.0


def test_an_unknown_family_is_one_line() -> None:
    with pytest.raises(EngineError, match="deepseek-coder"):
        family_named("gpt")
