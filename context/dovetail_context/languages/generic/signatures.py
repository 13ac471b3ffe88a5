"""The shown text of definitions: heads without bodies and without what only tools read."""

import re

from dovetail_context.languages.generic.events import Event
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.one_line import cut
from dovetail_context.syntax import SyntaxTree

MAX_VALUE_CHARS = 60  # a value is shown up to here: a literal or a short call
_BEFORE_CLOSING = re.compile(r",? ([)\]])")
_TAIL = re.compile(r"(?:[{=:]|\b(?:do|then|where))\Z")
_LONGEST_TAIL = len("where")
# What a body has before the brace that opens it: some words, in one line.
_BEFORE_BRACE = re.compile(r"[^\n{]+(?=\{)|[^\n{]+?(?=\s+\{)")


def class_head(tree: SyntaxTree, event: Event, profile: Profile) -> str:
    """A class up to its body."""
    return _head(tree, event, profile)


def function_head(tree: SyntaxTree, event: Event, profile: Profile) -> str:
    """A function up to its body."""
    return _head(tree, event, profile)


def field_text(tree: SyntaxTree, event: Event, profile: Profile) -> str:
    """A variable, with its value if that is short and on its line."""
    value, shown = event.one("value"), event.one("shown") or event.node
    source = tree.text(shown)
    if value is not None and (value.end_byte - value.start_byte > MAX_VALUE_CHARS or "\n" in tree.text(value)):
        return cut(_without_tail(_clean(tree.slice(shown.start_byte, value.start_byte), profile)))
    body = event.one("body")
    if body is not None:
        source = tree.slice(shown.start_byte, body.start_byte)
    elif "\n" in source and len(source) > MAX_VALUE_CHARS * 2:
        source = source.split("\n", 1)[0]
    return cut(_clean(source, profile).rstrip("; ,"))


def _head(tree: SyntaxTree, event: Event, profile: Profile) -> str:
    body, value, node = event.one("body"), event.one("value"), event.one("shown") or event.node
    end = node.end_byte
    for part in (body, value):
        if part is not None and part.start_byte > node.start_byte:
            end = min(end, part.start_byte)
    if event.kind == "class" and body is not None and profile.blocks != "end":
        before = _BEFORE_BRACE.match(tree.text(body))  # `struct {` in Zig, `Money {` in Haskell
        end = body.start_byte + len(before[0].encode()) if before is not None else end
    source = tree.slice(node.start_byte, end)
    if body is None and value is None and profile.is_ended_by_word:
        source = source.split("\n", 1)[0].removesuffix(" end")
    return cut(_without_tail(_clean(source, profile).rstrip("; ")))


def _clean(source: str, profile: Profile) -> str:
    source = profile.noise.sub("", source) if profile.noise is not None else source
    source = " ".join(source.split()).replace("( ", "(").replace("[ ", "[")
    return _BEFORE_CLOSING.sub(r"\1", source).strip() if " )" in source or " ]" in source else source


def _without_tail(head: str) -> str:
    """A head without the sign or word at its end that opens a body. Only the end is searched: from each place before it
    a pattern for spaces and a word would be tried in vain."""
    tail = _TAIL.search(head, max(0, len(head) - _LONGEST_TAIL))
    return head[: tail.start()].rstrip() if tail is not None else head.rstrip()
