"""Where prefix and suffix are frozen: pure.

While the user types, the prompt must not change in its middle, or the model reads it again from there. So prefix and
suffix are frozen at the start of a line. The text typed since then follows as the forced beginning of the middle, and a
keystroke costs only the tokens typed. The rest of the cursor's line belongs to the frozen suffix only if it is code.
Brackets and quotes that an editor closes by itself come and go during typing. The suffix leaves them out, and shaping
fits the suggestion to them.

A model whose format puts the suffix first reads prefix and typed text as one: `hole` forces nothing there.
"""

from __future__ import annotations

from dataclasses import dataclass

from dovetail.completion.preparation.place import Place
from dovetail.completion.preparation.window import cut_window
from dovetail.completion.values import CLOSERS
from dovetail_context.api import ContextBundle, estimate_tokens

# Lines and characters (code points) that may be typed before the anchor moves. The model has hardly seen longer middles
# in training, and the context was gathered without what they contain.
MAX_FORCED_LINES = 8
MAX_FORCED_CHARACTERS = 600
# Characters of the file above and below the window that drafts may be copied from. More costs time for little gain.
LOOKUP_CHARACTERS = 12_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A frozen place: the file is `before`, a hole, `after`; the model is shown `prefix`, `suffix` and `context`.

    `name` distinguishes it from other anchors of its document. `files` are the absolute paths of all files in its
    context. `epoch` is that of the request: an anchor of an older epoch may hold text that must no longer be shown.
    """

    name: str
    before: str
    after: str
    prefix: str
    suffix: str
    context: ContextBundle
    files: tuple[str, ...] = ()
    epoch: int = 0

    @property
    def lookup(self) -> tuple[str, str]:
        """The nearby text above the prefix and below the suffix."""
        above, below = self.before[: len(self.before) - len(self.prefix)], self.after[len(self.suffix) :]
        return above[-LOOKUP_CHARACTERS:], below[:LOOKUP_CHARACTERS]

    def forced(self, place: Place) -> str | None:
        """Return the text typed in the hole up to the cursor; None if the rest of the file has changed."""
        start = len(self.before)
        typed = place.text[start : place.offset]
        if place.offset < start or len(typed) > MAX_FORCED_CHARACTERS or typed.count("\n") >= MAX_FORCED_LINES:
            return None
        if place.text[hole_end(place) :] != self.after or not place.text.startswith(self.before):
            return None
        return typed


def hole(anchor: Anchor, place: Place, is_frozen: bool) -> tuple[str, str]:
    """Return the prefix to show the model and the text that the completion is forced to begin with.

    `is_frozen` is whether the model's format puts the forced text after the suffix. Where the suffix comes first, the
    typed text ends the prefix. No keystroke changes anything after it, so the KV cache holds all before it.
    """
    typed = anchor.forced(place) or ""
    return (anchor.prefix, typed) if is_frozen else (anchor.prefix + typed, "")


def freeze(place: Place, name: str, context: ContextBundle, window_tokens: int) -> Anchor:
    """Return a new anchor at the start of the cursor's line; in a line of great length, at the cursor."""
    start = place.offset - (len(place.left) if len(place.left) <= MAX_FORCED_CHARACTERS else 0)
    before, after = place.text[:start], place.text[hole_end(place) :]
    window = cut_window(before, after, window_tokens, estimate_tokens)
    return Anchor(name, before, after, window.prefix, window.suffix, context)


def hole_end(place: Place) -> int:
    """Return where the frozen suffix begins: at the cursor if code follows it on its line, else at the line's end."""
    return place.offset + len(place.right) if CLOSERS.issuperset(place.right) else place.offset
