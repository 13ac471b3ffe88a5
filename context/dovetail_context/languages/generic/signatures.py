"""The shown text of definitions: heads without bodies and without what only tools read."""

import re

from dovetail_context.languages.generic.events import Event
from dovetail_context.languages.generic.profile import Profile
from dovetail_context.languages.one_line import cut
from dovetail_context.syntax import SyntaxTree

MAX_VALUE_CHARS = 60  # a value is shown up to here: a literal or a short call
_SPACE = re.compile(r"\s+")
_AFTER_OPENING = re.compile(r"([(\[]) ")
_BEFORE_CLOSING = re.compile(r",? ([)\]])")
_TAIL = re.compile(r"\s*(?:[{=:]|\bdo|\bthen|\bwhere)?\s*\Z")


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
        return cut(_TAIL.sub("", _clean(tree.slice(shown.start_byte, value.start_byte), profile)))
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
    if event.kind == "class" and body is not None and (brace := tree.text(body).find("{")) > 0:
        end = body.start_byte + len(tree.text(body)[:brace].encode())
    source = tree.slice(node.start_byte, end)
    if body is None and value is None and profile.is_ended_by_word:
        source = source.split("\n", 1)[0].removesuffix(" end")
    return cut(_TAIL.sub("", _clean(source, profile).rstrip("; ")))


def _clean(source: str, profile: Profile) -> str:
    source = profile.noise.sub("", source) if profile.noise is not None else source
    return _BEFORE_CLOSING.sub(r"\1", _AFTER_OPENING.sub(r"\1", _SPACE.sub(" ", source))).strip()
