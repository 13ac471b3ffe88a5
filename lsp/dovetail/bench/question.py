"""Turn keystrokes into questions to the model: the same text for our engine and for the peer. Pure.

Our engine gets the question that the pipeline would send: prefix and suffix frozen at the start of a line, and the text
typed since then as the forced beginning of the middle, until something else in the file changes. The peer gets the
cursor's line up to the cursor as its "prompt", as llama.vim sends it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail.bench.typing import Keystroke
from dovetail.completion.preparation.anchor import Anchor, freeze
from dovetail.completion.preparation.place import read_place
from dovetail.completion.preparation.window import Window, cut_window
from dovetail_context.api import ContextBundle, estimate_tokens
from dovetail_models.api import CompletionJob, ContextBlock, PromptParts


@dataclass(frozen=True, slots=True)
class Question:
    """The input at one keystroke.

    Our engine receives `frozen` and `forced`. The peer receives `window`, the text around the cursor, and `line`, the
    part of the current line before the cursor.
    """

    path: str
    frozen: Anchor
    forced: str
    window: Window
    line: str

    @property
    def context(self) -> tuple[ContextBlock, ...]:
        """What both are shown of other files."""
        return tuple(ContextBlock(piece.path, piece.text) for piece in self.frozen.context.pieces)


def questions(
    keystrokes: Sequence[Keystroke], contexts: Mapping[int, ContextBundle], window_tokens: int
) -> list[Question]:
    """Return what keystrokes ask, in a window of about this many tokens of their own file; a context for each place."""
    asked: list[Question] = []
    anchor: Anchor | None = None
    for keystroke in keystrokes:
        text, offset, name = keystroke.text, keystroke.offset, str(keystroke.place)
        place = read_place(keystroke.path, text, offset)
        forced = anchor.forced(place) if anchor is not None and anchor.name == name else None
        if anchor is None or forced is None:
            anchor = freeze(place, name, contexts[keystroke.place], window_tokens)
            forced = anchor.forced(place) or ""
        start = text.rfind("\n", 0, offset) + 1
        window = cut_window(text[:start], text[offset:], window_tokens, estimate_tokens)
        asked.append(Question(keystroke.path, anchor, forced, window, text[start:offset]))
    return asked


def our_job(asked: Question, tokens: int) -> CompletionJob:
    """Return the job for our engine, with an answer of just this many tokens."""
    return CompletionJob(
        parts=PromptParts(asked.context, asked.path, asked.frozen.prefix, asked.frozen.suffix, asked.forced),
        document=asked.path,
        anchor=asked.frozen.name,
        max_tokens=tokens,
        min_tokens=tokens,
        lookup=asked.frozen.lookup,
    )


def peer_body(asked: Question, tokens: int) -> dict[str, object]:
    """Return the body of llama.vim's request to `/infill`, as its source sends it, except for three things.

    The answer has exactly this many tokens: so there is no `t_max_predict_ms`, no `n_indent`, no end token, and no
    "infill" sampler, which ends it. The answer is streamed, so that the time to the first token is visible. The windows
    are ours, which move less than llama.vim's 256 and 64 lines.
    """
    return {
        "id_slot": 0,
        "input_prefix": asked.window.prefix,
        "input_suffix": asked.window.suffix,
        "input_extra": [{"filename": block.path, "text": block.text} for block in asked.context],
        "prompt": asked.line,
        "n_predict": tokens,
        "ignore_eos": True,
        "top_k": 40,
        "top_p": 0.90,
        "samplers": ["top_k", "top_p"],
        "cache_prompt": True,
        "t_max_prompt_ms": 500,
        "stream": True,
    }
