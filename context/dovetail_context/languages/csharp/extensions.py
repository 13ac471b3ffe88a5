"""Extension blocks of C# 14, which the grammar does not know: `extension(Money money) { public int Cents() => 1; }`."""

import re
from dataclasses import dataclass

from dovetail_context.languages.braces.scan import mask
from dovetail_context.languages.csharp.lexical import SYNTAX

_BLOCK = re.compile(
    r"(?<![\w.])extension\s*(?:<[^<>(){}]*>\s*)?\((?P<parameter>[^(){}]*)\)\s*(?:where[^{}]*)?\{", re.DOTALL
)
_NOT_LINE_END = re.compile(r"[^\n]")
_TYPE = re.compile(r"(?:(?:this|ref|in|scoped|readonly)\s+)*(?P<type>.+?)(?:\s+[A-Za-z_]\w*)?\s*\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ExtensionBlock:
    """A block from the line `first` to the line `last` (0-based, inclusive). `parameter` is how an extension method of
    the older form would begin its parameters, `type` the type that the methods of the block extend."""

    first: int
    last: int
    parameter: str
    type: str


def without_blocks(text: str) -> tuple[str, tuple[ExtensionBlock, ...]]:
    """The text with spaces in place of what opens and closes each block, and the blocks.

    The methods inside become those of the class around them; every character keeps its place.
    """
    if "extension" not in text:
        return text, ()
    masked = mask(text, SYNTAX)
    found: list[ExtensionBlock] = []
    for match in _BLOCK.finditer(masked):
        end = _closing(masked, match.end() - 1)
        if end < 0:
            continue
        written = " ".join(text[match.start("parameter") : match.end("parameter")].split())
        type_ = _TYPE.match(written)
        first, last = text.count("\n", 0, match.start()), text.count("\n", 0, end)
        found.append(ExtensionBlock(first, last + 1, f"this {written}", type_["type"] if type_ is not None else ""))
        text = (
            text[: match.start()] + _NOT_LINE_END.sub(" ", match[0]) + text[match.end() : end] + " " + text[end + 1 :]
        )
    return text, tuple(found)


def _closing(masked: str, opening: int) -> int:
    depth = 0
    for found in re.compile(r"[{}]").finditer(masked, opening):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return found.start()
    return -1
