"""The engine: a loaded model that answers one job after the other. Synchronous; belongs to one thread of the host.

Here a job becomes a prompt, a prompt becomes tokens in the KV cache, and those become a completion.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from dovetail_models.engine import llama
from dovetail_models.engine.decode import Generated, Limits, Opening, generate
from dovetail_models.engine.healing import Healing, PieceIndex, heal
from dovetail_models.engine.interrupt import Interrupt
from dovetail_models.engine.job import BlockTokens, CompletionJob, CompletionReply, StopReason
from dovetail_models.engine.kv import CachedSequence, KvCache
from dovetail_models.engine.loading import load
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.engine.tokenize import Tokenizer
from dovetail_models.errors import EngineError
from dovetail_models.prompt.deepseek import segments
from dovetail_models.prompt.fit import Block, Fitted, PromptTooLong, fit
from dovetail_models.prompt.segments import FORCED_LABEL

COMPLETION_SHARE = 1 / 2
"""Share of the window that a completion may take at most; the prompt has the rest."""


class Yielded(Exception):
    """A warm job has made way; what it has evaluated stays in the KV cache."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that fits the window, as tokens.

    The last of `ids` are `guesses` at what the model would choose to spell `pending`, the end of the typed text.
    """

    ids: tuple[int, ...]
    fitted: Fitted
    pending: bytes
    guesses: tuple[int, ...]


class Engine:
    """A model, its KV cache, and the loop from job to reply."""

    def __init__(self, options: EngineOptions) -> None:
        """Load the model. Raises EngineError."""
        started = time.perf_counter()
        loaded = load(options)
        model = loaded.model
        self._model = model
        self._vocabulary = model.vocabulary
        self._context = loaded.context
        self._cache = KvCache(self._context)
        self._tokenizer = Tokenizer(model.vocabulary)
        self._pieces = PieceIndex(model.vocabulary)
        self.status = EngineStatus(
            state="ready",
            model=options.model_path.stem,
            description=model.description,
            n_ctx=self._context.n_ctx,
            threads=loaded.threads,
            pid=os.getpid(),
            load_ms=_ms_since(started),
            build=llama.build(),
            devices=llama.devices(),
            weights_bytes=model.weights_bytes,
            cache_bytes=self._context.n_ctx * model.cache_bytes_per_token(),
        )

    def complete(
        self,
        job: CompletionJob,
        interrupt: Interrupt,
        on_text: Callable[[str], None] | None = None,
        queue_ms: float = 0.0,
    ) -> CompletionReply:
        """Answer a job. `on_text` gets the text so far whenever it grows.

        Raises EngineError if the prompt cannot fit, Yielded if a warm job made way.
        """
        started = time.perf_counter()
        max_tokens = 0 if job.priority == "warm" else self._allowed_tokens(job.max_tokens)
        prompt = self._prompt(job, self._context.n_ctx - self._allowed_tokens(job.max_tokens))
        prompt_ms = _ms_since(started)
        with interrupt.attached(self._context.abort):
            started = time.perf_counter()
            evaluated = self._cache.evaluated
            rows = len(prompt.guesses) + 1
            sequence = self._cache.claim((job.client, job.anchor), prompt.ids, rows)
            reused = len(sequence.held)
            whole = sequence.extend(prompt.ids[reused:], lambda: interrupt.reason is not None, rows)
            prefill_ms = _ms_since(started)
            started = time.perf_counter()
            if whole:
                generated = self._generate(job, sequence, prompt, max_tokens, interrupt, on_text)
            else:
                generated = Generated("", "interrupted", 0, None)
            decode_ms = _ms_since(started)
        return CompletionReply(
            text=generated.text,
            stop=_stop_reason(generated, interrupt),
            logprob=generated.logprob,
            model=self.status.model,
            prompt_tokens=len(prompt.ids),
            reused_tokens=reused,
            evaluated_tokens=self._cache.evaluated - evaluated,
            generated_tokens=generated.tokens,
            queue_ms=queue_ms,
            prompt_ms=prompt_ms,
            prefill_ms=prefill_ms,
            decode_ms=decode_ms,
            blocks=_block_tokens(prompt.fitted.blocks),
            prompt=self._tokenizer.text(prompt.ids) if job.explain else None,
            cut=prompt.fitted.cut,
        )

    def close(self) -> None:
        """Free everything."""
        self._context.close()
        self._model.close()

    def _prompt(self, job: CompletionJob, room: int) -> Prompt:
        blocks = self._tokenizer.blocks(segments(job.parts))
        try:
            fitted = fit(blocks, room, self._tokenizer.line_ends.__contains__)
        except PromptTooLong as error:
            raise EngineError(f"the prompt does not fit the window of {self._context.n_ctx} tokens: {error}") from error
        ids = tuple(token for block in fitted.blocks for token in block.ids)
        healing = self._healing(fitted.blocks[-1])
        safe = len(ids) - healing.backed
        ids = ids[: safe + self._context.n_batch - 1]  # The logits of all guesses come from one batch.
        return Prompt(ids, fitted, healing.pending, ids[safe:])

    def _healing(self, last: Block) -> Healing:
        """Of the text typed since the anchor; what stands before that is kept as it is."""
        return heal(last.ids, self._vocabulary.piece, self._pieces) if last.label == FORCED_LABEL else Healing(0, b"")

    def _generate(
        self,
        job: CompletionJob,
        sequence: CachedSequence,
        prompt: Prompt,
        max_tokens: int,
        interrupt: Interrupt,
        on_text: Callable[[str], None] | None,
    ) -> Generated:
        return generate(
            sequence,
            self._context.logits,
            self._vocabulary,
            Limits(max_tokens, job.max_lines, job.stop),
            lambda: interrupt.reason is not None,
            on_text,
            Opening(prompt.pending, prompt.guesses, self._pieces.allowed),
        )

    def _allowed_tokens(self, wanted: int) -> int:
        return max(0, min(wanted, int(self._context.n_ctx * COMPLETION_SHARE)))


def _stop_reason(generated: Generated, interrupt: Interrupt) -> StopReason:
    if generated.stop != "interrupted":
        return generated.stop
    match interrupt.reason:
        case "enough" | "cancelled" | "superseded" as reason:
            return reason
        case _:
            raise Yielded


def _block_tokens(blocks: tuple[Block, ...]) -> tuple[BlockTokens, ...]:
    """Sizes by label, in order of first appearance."""
    sizes: dict[str, int] = {}
    for block in blocks:
        sizes[block.label] = sizes.get(block.label, 0) + len(block.ids)
    return tuple(BlockTokens(label, tokens) for label, tokens in sizes.items())


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
