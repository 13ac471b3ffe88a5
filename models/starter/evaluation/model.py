"""The GGUF file under test: completions by the product's own engine, and bits per byte by llama.cpp."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from llama_cpp import Llama
from models.starter.evaluation.tasks import Context, Task

from dovetail.completion.postprocessing.unknown_members import MAX_TIMES, MembersBehind, first_unknown_member
from dovetail.completion.preparation.window import cut_window
from dovetail_models.engine.job import CompletionJob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.llama import load_model
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.prompt.fit import fit
from dovetail_models.prompt.formats.deepseek import DEEPSEEK, segments
from dovetail_models.prompt.parts import ContextBlock, PromptParts

MICRO_BATCH = 256
LINE_TOKENS = 64
BLOCK_TOKENS = 160  # for holes of several lines
SPECIAL_TOKENS = 24  # markers and the path of the current file


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model wrote, and how many bits the truth would have cost it (None where the truth did not fit)."""

    completion: str
    truth_bits: float | None
    prompt_tokens: int


class StarterModel:
    """A model file with one context."""

    def __init__(self, path: Path, window: int = 0, threads: int = 1) -> None:
        """`window` 0 is the window that the model was trained for."""
        self._vocabulary = load_model(path, vocab_only=True).vocabulary
        self._tokenizer = Tokenizer(self._vocabulary, DEEPSEEK.markers)
        self._llama = Llama(
            str(path), n_ctx=window, n_batch=MICRO_BATCH, n_threads=threads, logits_all=True, verbose=False
        )
        self.window = self._llama.n_ctx()
        self._engine = LlamaEngine(EngineOptions(path, n_ctx=self.window, threads=threads))

    @property
    def plain_vocabulary(self) -> int:
        """How many ids are plain text: all below the first special token."""
        bos = self._vocabulary.bos
        if bos is None:
            raise ValueError("the vocabulary has no beginning-of-text token: not a DeepSeek-format model")
        return bos

    def tokens(self, text: str) -> list[int]:
        """Ids of plain text."""
        return list(self._tokenizer.tokens(text))

    def piece(self, token: int) -> bytes:
        """The bytes of a token."""
        return self._vocabulary.piece(token)

    def logits(self, ids: list[int]) -> np.ndarray:
        """After each of the ids, from an empty cache: shape (ids, vocabulary)."""
        self._llama.reset()
        return self._evaluate(ids)

    def answer(
        self, task: Task, context: Context, anchored: bool = False, members_behind: MembersBehind | None = None
    ) -> Answer:
        """The product's own completion (a line for holes within a line) and the cost of the truth.

        `anchored`: the prefix ends where the line begins, and the line so far is forced after the end marker.
        `members_behind`: unknown members are asked for once more
        (`dovetail.completion.postprocessing.unknown_members`).
        """
        anchor = task.prefix.rfind("\n") + 1 if anchored else len(task.prefix)
        parts = self._parts(task, context, anchor)
        several_lines = "\n" in task.truth
        job = CompletionJob(
            parts,
            client=task.id,
            max_tokens=BLOCK_TOKENS if several_lines else LINE_TOKENS,
            max_lines=None if several_lines else 1,
            names=context.names,
        )
        prompt = self._prompt(parts)
        text, begin = self._engine.complete(job, Interrupt()).text, 0
        for _ in range(MAX_TIMES if members_behind else 0):
            found = first_unknown_member(text, begin, members_behind)
            if found is None:
                break
            begin = len(found.kept)
            asked = replace(job, parts=replace(parts, forced=parts.forced + found.kept), names=found.members.names)
            text = found.kept + self._engine.complete(asked, Interrupt()).text
        return Answer(text, self._cost(prompt, task.truth), len(prompt))

    def truth_bits(self, task: Task, context: Context) -> float | None:
        """What the truth would cost; None where it does not fit the window behind its prompt."""
        return self._cost(self._prompt(self._parts(task, context, len(task.prefix))), task.truth)

    def _parts(self, task: Task, context: Context, anchor: int) -> PromptParts:
        """Context, and in what it leaves of the window the file, cut as the product cuts it; the line so far forced
        from `anchor` on."""
        blocks = tuple(ContextBlock(path, text) for path, text in context.pieces)
        shown = sum(len(self.tokens(f"#{path}\n{text}\n")) for path, text in context.pieces)
        room = self.window - BLOCK_TOKENS - shown - len(self.tokens(task.prefix[anchor:])) - SPECIAL_TOKENS
        window = cut_window(task.prefix[:anchor], task.suffix, room, lambda text: len(self.tokens(text)))
        return PromptParts(blocks, task.path, window.prefix, window.suffix, task.prefix[anchor:])

    def _prompt(self, parts: PromptParts) -> list[int]:
        blocks = self._tokenizer.blocks(segments(parts))
        fitted = fit(blocks, self.window - BLOCK_TOKENS, self._tokenizer.line_ends.__contains__)
        return [token for block in fitted.blocks for token in block.ids]

    def _cost(self, prompt: list[int], text: str) -> float | None:
        truth = self.tokens(text)
        if len(prompt) + len(truth) > self.window:
            return None
        self._llama.reset()
        rows = np.concatenate((self._evaluate(prompt)[-1:], self._evaluate(truth)[:-1])).astype(np.float64)
        highest = rows.max(axis=1)
        totals = highest + np.log(np.exp(rows - highest[:, None]).sum(axis=1))
        return float((totals - rows[np.arange(len(truth)), truth]).sum() / math.log(2))

    def _evaluate(self, ids: list[int]) -> np.ndarray:
        """Go on with these ids; logits after each of them: shape (ids, vocabulary)."""
        before = self._llama.n_tokens
        self._llama.eval(ids)
        return self._llama.scores[before : before + len(ids)].copy()
