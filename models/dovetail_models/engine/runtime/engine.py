"""The engine: a loaded model that answers one job after the other. Synchronous; belongs to one thread of the host.

Here a job becomes a prompt, a prompt becomes tokens in the KV cache, and those become a completion.
"""

import logging
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from dovetail_models.engine.decoding.acceptance_probability import sorts_of
from dovetail_models.engine.decoding.decode import Generated, Limits, OnText, Opening, generate
from dovetail_models.engine.decoding.draft_length import DraftLengthPolicy
from dovetail_models.engine.decoding.healing import PieceIndex
from dovetail_models.engine.decoding.name_bias import NameBias, ends_of
from dovetail_models.engine.decoding.prompt_lookup import PromptLookup
from dovetail_models.engine.decoding.steps import Steps
from dovetail_models.engine.ipc.registry import key_of_file
from dovetail_models.engine.job import BlockTokens, CompletionJob, CompletionReply, StopReason
from dovetail_models.engine.kv.cache import CachedSequence, KvCache
from dovetail_models.engine.kv.disk_store import DiskStateStore
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import llama_api
from dovetail_models.engine.runtime.cpu_load import CpuLoad
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.engine.runtime.loading import Loaded, Report, load
from dovetail_models.engine.runtime.progress import Progress
from dovetail_models.engine.runtime.prompting import Prompt, Prompter
from dovetail_models.engine.runtime.threads import Threads
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.engine.speed import Speed
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.files import model_key
from dovetail_models.hardware.machine import usable_cores
from dovetail_models.prompt.fit import Block, PromptTooLong
from dovetail_models.prompt.verbatim import MissingToken

log = logging.getLogger(__name__)
"""Goes to the host's own log."""


MAX_COMPLETION_SHARE = 1 / 2
"""The maximum share of the window that a completion may take; the prompt has the rest."""

FIRST_BATCHES = (1, 1, 32)
"""Tokens evaluated to measure the speed when a model has been loaded; the first time does not count."""


class Yielded(Exception):
    """A job that nobody waits for has made way. The tokens that it evaluated stay in the KV cache."""


class LlamaEngine:
    """A model, its KV cache, and the loop from job to reply."""

    def __init__(self, options: EngineOptions, progress: Progress | None = None, report: Report | None = None) -> None:
        """Load the model. Raises EngineError.

        `progress` counts each step, now and whenever the engine works. `report` receives a line for each setting that
        is reduced for lack of memory.
        """
        started = time.perf_counter()
        steps: list[str] = []

        def note(line: str) -> None:
            log.warning("%s", line)
            steps.append(line)
            if report is not None:
                report(line)

        loaded = load(options, progress, note)
        model = loaded.model
        self._model = model
        self._vocabulary = model.vocabulary
        self._context = loaded.context
        self._cache = KvCache(self._context, _memory_store_bytes(options, loaded), _disk_store(options, model.path))
        self._format = loaded.chosen.format
        self._tokenizer = Tokenizer(model.vocabulary, self._format.markers)
        self._pieces = PieceIndex(model.vocabulary)
        self._ends = ends_of(model.vocabulary.size, model.vocabulary.ordinary())
        self._prompter = Prompter(self._format, self._tokenizer, self._pieces, self._context.n_batch)
        self._speculates = options.speculate
        self._draft_policy = DraftLengthPolicy()
        self._sorts = sorts_of(self._vocabulary.size, self._vocabulary.piece)
        self._load = CpuLoad()
        self._threads = Threads(loaded.threads, usable_cores())
        if options.threads is None:
            self._context.before_evaluation = self._follow_load
        self.status = EngineStatus(
            state="ready",
            model=model.path.stem,
            model_key=model_key(model.path),
            description=model.description,
            n_ctx=self._context.n_ctx,
            threads=loaded.threads,
            pid=os.getpid(),
            load_ms=_ms_since(started),
            build=llama_api.build(),
            devices=_devices(loaded),
            weights_bytes=model.weights_bytes,
            cache_bytes=loaded.need.cache,
            format=self._format.family,
            frozen_anchor=self._format.frozen_anchor,
            advice=loaded.chosen.advice,
            message=steps[-1] if steps else "",
            choices=loaded.choices,
            steps=tuple(steps),
            predicted_bytes=loaded.need.main,
            accelerators=loaded.machine.accelerators,
        )
        self._note_speed(self._first_speed())

    def complete(
        self,
        job: CompletionJob,
        interrupt: Interrupt,
        on_text: OnText | None = None,
        queue_ms: float = 0.0,
    ) -> CompletionReply:
        """Answer a job. `on_text` gets the text so far, and how likely it is, whenever it grows.

        Raises EngineError if the prompt cannot fit, Yielded if it yielded to another job.
        """
        started = time.perf_counter()
        prompt = self._prompt(job, self._context.n_ctx - self._allowed_tokens(job.max_tokens))
        prompt_ms = _ms_since(started)
        with interrupt.attached(self._context.abort):
            started = time.perf_counter()
            evaluated = self._cache.evaluated
            rows = len(prompt.guesses) + 1
            sequence = self._cache.claim((job.document, job.anchor), prompt.ids, rows, job.files, prompt.frozen)
            reused = len(sequence.held)
            whole = sequence.extend(prompt.ids[reused:], lambda: interrupt.reason is not None, rows)
            prefill_ms = _ms_since(started)
            started = time.perf_counter()
            steps = self._steps(job, prompt, sequence, interrupt)
            if whole:
                generated = self._generate(job, prompt, steps, interrupt, on_text)
            else:
                generated = Generated("", "interrupted", 0, None)
            decode_ms = _ms_since(started)
        speed = self.status.speed
        if whole:
            speed = speed.after_prefill(len(prompt.ids) - reused, prefill_ms)
        # The first token's logits came with the prompt.
        self._note_speed(speed.after_decode(generated.tokens - 1, decode_ms))
        self.status = replace(
            self.status, offloaded_states=self._cache.offloaded_states, offloaded_bytes=self._cache.offloaded_bytes
        )
        return CompletionReply(
            text=generated.text,
            stop=_stop_reason(generated, interrupt),
            logprob=generated.logprob,
            model=self.status.model,
            model_key=self.status.model_key,
            prompt_tokens=len(prompt.ids),
            reused_tokens=reused,
            evaluated_tokens=self._cache.evaluated - evaluated,
            generated_tokens=generated.tokens,
            drafted_tokens=steps.drafted,
            accepted_tokens=steps.accepted,
            queue_ms=queue_ms,
            prompt_ms=prompt_ms,
            prefill_ms=prefill_ms,
            decode_ms=decode_ms,
            blocks=_block_tokens(prompt.blocks),
            prompt=self._tokenizer.text(prompt.ids) if job.explain else None,
            cut=prompt.cut,
            beginnings=generated.beginnings,
            token_logprobs=generated.token_logprobs,
        )

    def keep(self, files: Collection[str], stamp: str) -> Iterator[None]:
        """Put the states of prompts whose text is from these files alone on disk, one at each step; between steps jobs
        may be answered. Ends where something has been forgotten since `stamp`. Raises OSError."""
        return self._cache.persist(files, stamp)

    def close(self) -> None:
        """Free everything."""
        self._context.close()
        self._model.close()

    def _first_speed(self) -> Speed:
        """Return the speed on dummy tokens. It also touches all weights, so the first prompt does not wait for them."""
        times = [self._evaluation_ms(tokens) for tokens in FIRST_BATCHES]
        self._draft_policy.note_batch(1, times[1])
        return Speed().after_prefill(FIRST_BATCHES[-1], times[-1]).after_decode(1, times[1])

    def _evaluation_ms(self, tokens: int) -> float:
        tokens = min(tokens, self._context.n_batch)
        started = time.perf_counter()
        self._context.evaluate([0] * tokens, 0, 1, 0)
        self._context.logits()
        took = _ms_since(started)
        self._context.forget_from(0, 0)
        return took

    def _note_speed(self, speed: Speed) -> None:
        self.status = replace(self.status, prefill_tokens_s=speed.prefill_tokens_s, decode_ms=speed.decode_ms)

    def _follow_load(self) -> None:
        """Compute on as many threads as cores are free."""
        load = self._load.sample()
        if load is None:
            return
        before = self._threads.count
        self._threads.note_load(load)
        if self._threads.count != before:
            self._context.set_threads(self._threads.count)

    def _prompt(self, job: CompletionJob, room: int) -> Prompt:
        try:
            if job.verbatim is not None:
                return self._prompter.verbatim(job.verbatim, room)
            return self._prompter.prompt(job.parts, room)
        except PromptTooLong as error:
            raise EngineError(f"the prompt does not fit the window of {self._context.n_ctx} tokens: {error}") from error
        except MissingToken as error:
            raise EngineError(f"{error}: choose a model that fills holes") from error

    def _generate(
        self, job: CompletionJob, prompt: Prompt, steps: Steps, interrupt: Interrupt, on_text: OnText | None
    ) -> Generated:
        return generate(
            steps,
            self._vocabulary,
            Limits(
                self._max_tokens(job),
                job.max_lines,
                (*job.stop, *self._format.ends),
                job.min_tokens,
                job.beginnings,
                may_repeat=job.verbatim is not None,
            ),
            lambda: interrupt.reason is not None,
            on_text,
            Opening(prompt.pending, self._pieces.allowed, self._name_bias(job, prompt)),
        )

    def _name_bias(self, job: CompletionJob, prompt: Prompt) -> NameBias | None:
        return NameBias(self._pieces, prompt.pending, job.names, self._ends) if job.names else None

    def _steps(self, job: CompletionJob, prompt: Prompt, sequence: CachedSequence, interrupt: Interrupt) -> Steps:
        drafts = None
        if self._speculates and self._draft_policy.worth_drafting and self._max_tokens(job):
            drafts = PromptLookup(
                (*map(self._tokenizer.tokens, job.lookup), *prompt.quotable, sequence.former),
                prompt.text,
                self._max_tokens(job) + len(prompt.pending),
                self._tokenizer.line_ends if job.max_lines == 1 else frozenset(),
                self._sorts,
            )
        return Steps(
            sequence,
            self._context.logits,
            lambda: interrupt.reason is not None,
            time.perf_counter,
            prompt.guesses,
            drafts,
            self._draft_policy,
        )

    def _max_tokens(self, job: CompletionJob) -> int:
        return 0 if job.priority == "warm" else self._allowed_tokens(job.max_tokens)

    def _allowed_tokens(self, wanted: int) -> int:
        return max(0, min(wanted, int(self._context.n_ctx * MAX_COMPLETION_SHARE)))


def _devices(loaded: Loaded) -> tuple[str, ...]:
    """Return the accelerators that hold layers of the model."""
    if not loaded.plan.gpu_layers:
        return ()
    return tuple(f"{one.name} ({one.description})" for one in loaded.machine.accelerators)


def _memory_store_bytes(options: EngineOptions, loaded: Loaded) -> int:
    """Return how much main memory states of other places may take: no more than half of what the model leaves."""
    left = max(0, loaded.machine.free_bytes - loaded.need.main)
    return min(options.memory_store_bytes, left // 2)


def _disk_store(options: EngineOptions, path: Path) -> DiskStateStore | None:
    """Return where states are kept on disk, if they are: none where there is no such folder to be had."""
    if options.kv_folder is None or not options.kv_folder_bytes:
        return None
    try:
        return DiskStateStore(options.kv_folder / key_of_file(path), options.kv_folder_bytes, llama_api.version())
    except OSError as error:
        log.warning("%s cannot hold states: %s", options.kv_folder, error)
        return None


def _stop_reason(generated: Generated, interrupt: Interrupt) -> StopReason:
    if generated.stop != "interrupted":
        return generated.stop
    match interrupt.reason:
        case "enough" | "cancelled" | "superseded" as reason:
            return reason
        case _:
            raise Yielded


def _block_tokens(blocks: tuple[Block, ...]) -> tuple[BlockTokens, ...]:
    """Return sizes by label, in order of first appearance."""
    sizes: dict[str, int] = {}
    for block in blocks:
        sizes[block.label] = sizes.get(block.label, 0) + len(block.ids)
    return tuple(BlockTokens(label, tokens) for label, tokens in sizes.items())


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
