"""Test a server step by step and report how to fix each fault. None of the user's text is sent."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from dovetail_models.engine.job import CompletionJob
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.engine import RemoteEngine

Verdict = Literal["ok", "warn", "fail"]

SLOW_MS = 1000.0
"""Later than this a suggestion disturbs more than it helps."""

HOLE = PromptParts(
    context=(),
    path="circle.py",
    prefix="def area(width: int, height: int) -> int:\n    return width * ",
    suffix="\n\n\nprint(area(2, 3))\n",
)
EXPECTED = "height"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one test. `fix` describes what to do if the verdict is not "ok"."""

    name: str
    verdict: Verdict
    found: str
    fix: str = ""


async def probe(engine: RemoteEngine) -> AsyncIterator[Finding]:
    """Yield the findings, up to the first fault after which no test is possible. Does not close the engine."""
    yield _privacy(engine)
    started = time.perf_counter()
    try:
        status = await engine.probe()
    except EngineError as error:
        yield Finding("server", "fail", *_halves(error))
        return
    took = (time.perf_counter() - started) * 1000
    yield Finding("server", "ok", f"{status.description} on {engine.address.host}, asked in {took:.0f} ms")
    yield Finding("server's window", "ok", f"{status.n_ctx} tokens are used of it")
    if engine.better_format:
        found = f"the model's name claims {engine.better_format}, prompts are those of {status.format}"
        yield Finding("format", "warn", found, f'set [remote] format = "{engine.better_format}"')
    if not engine.reports_probabilities:
        yield Finding(
            "confidence",
            "warn",
            "the server reports no probabilities, so unsure suggestions are shown too",
            "switch logprobs on in the server if it can",
        )
    if not engine.heals:
        yield Finding(
            "half-typed words",
            "warn",
            "the server takes no grammar, so words that are typed in part are completed less well",
            "use llama.cpp's server if that matters",
        )
    started = time.perf_counter()
    job = CompletionJob(HOLE, document="doctor", max_tokens=16, max_lines=1)
    try:
        reply = await engine.complete(job)
    except EngineError as error:
        yield Finding("completion", "fail", *_halves(error))
        return
    took = (time.perf_counter() - started) * 1000
    if not reply.text.strip():
        fix = "set [remote] format to the family of the model; it must be trained to fill in the middle"
        yield Finding("completion", "fail", "the server filled the hole with nothing", fix)
        return
    is_sane = reply.text.strip().startswith(EXPECTED)
    found = f"the hole after `width * ` is filled with {reply.text.strip()[:40]!r}"
    fix = "" if is_sane else "if suggestions are poor, serve a base model of the family in [remote] format"
    yield Finding("completion", "ok" if is_sane else "warn", found, fix)
    is_slow = took > SLOW_MS
    yield Finding(
        "latency",
        "warn" if is_slow else "ok",
        f"{took:.0f} ms for {reply.generated_tokens} tokens",
        "choose a smaller model, or a server that is nearer or has a GPU" if is_slow else "",
    )


def _privacy(engine: RemoteEngine) -> Finding:
    address = engine.address
    if address.is_loopback or address.is_encrypted:
        return Finding("privacy", "ok", address.privacy)
    found, _, fix = address.privacy.rpartition(": ")
    return Finding("privacy", "warn", found, fix)


def _halves(error: EngineError) -> tuple[str, str]:
    """What happened and what to do, which an error's one line has with a colon between."""
    found, _, fix = str(error).rpartition(": ")
    return (found, fix) if found else (fix, "")
