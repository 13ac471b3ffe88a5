"""Answers by a preset's own prompt: nothing of the pipeline takes part."""

from __future__ import annotations

from time import perf_counter

from dovetail.completion.engine import Engine
from dovetail.evaluation.answer import Answer
from dovetail.evaluation.presets.preset import Preset
from dovetail.evaluation.task import Task


class PresetAnswerer:
    """Asks the engine what a preset says."""

    def __init__(self, engine: Engine, preset: Preset) -> None:
        self._engine = engine
        self._preset = preset

    async def answer(self, task: Task) -> Answer:
        """Answer a task. Raises EngineError."""
        started = perf_counter()
        reply = await self._engine.complete(self._preset.job(task), enough=self._preset.enough)
        total = (perf_counter() - started) * 1000
        return Answer(
            completion=reply.text,
            tokens={
                "context": 0,
                "prompt": reply.prompt_tokens,
                "reused": reply.reused_tokens,
                "generated": reply.generated_tokens,
                "drafted": reply.drafted_tokens,
                "accepted": reply.accepted_tokens,
                "cut": sum(cut.tokens for cut in reply.cut),
            },
            ms={
                "prompt": round(reply.prompt_ms, 1),
                "prefill": round(reply.prefill_ms, 1),
                "decode": round(reply.decode_ms, 1),
                "total": round(total, 1),
            },
            stop=reply.stop,
            logprob=reply.logprob,
        )
