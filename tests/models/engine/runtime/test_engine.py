"""The engine in this process: reuse gives what a fresh engine gives, interrupts leave the state right."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from dovetail_models.engine.decoding.healing import heal
from dovetail_models.engine.job import CompletionJob, CompletionReply, Priority
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime.engine import LlamaEngine, Yielded
from dovetail_models.engine.runtime.interrupt import Interrupt
from dovetail_models.errors import EngineError
from dovetail_models.prompt.parts import ContextBlock, PromptParts

SOURCE = "".join(
    f"def area_{i}(width: float, height: float) -> float:\n    return width * height + {i}\n\n\n" for i in range(12)
)
PARTS = PromptParts(
    (ContextBlock("shapes/base.py", "class Shape:\n    name: str\n\n    def area(self) -> float:\n        ...\n"),),
    "shapes/square.py",
    "from shapes.base import Shape\n\n\nclass Square(Shape):\n    def area(self) -> float:\n        return ",
    "\n\n    def double(self) -> float:\n        return 2 * self.area()\n",
)
JOB = CompletionJob(PARTS, "square.py", max_tokens=12)
LONG = replace(PARTS, context=(ContextBlock("shapes/areas.py", SOURCE),))


@pytest.fixture
def engine(options: EngineOptions) -> Iterator[LlamaEngine]:
    engine = LlamaEngine(options)
    yield engine
    engine.close()


def fresh(options: EngineOptions, job: CompletionJob) -> CompletionReply:
    engine = LlamaEngine(options)
    try:
        return engine.complete(job, Interrupt())
    finally:
        engine.close()


def same(a: CompletionReply, b: CompletionReply) -> bool:
    """Equal in what does not depend on how it was computed. (The batch's shape moves the last bits of a logit.)"""
    return (a.text, a.stop, a.generated_tokens, a.prompt_tokens) == (
        b.text,
        b.stop,
        b.generated_tokens,
        b.prompt_tokens,
    )


def test_the_account_of_a_completion(engine: LlamaEngine) -> None:
    reply = engine.complete(replace(JOB, explain=True), Interrupt())
    assert [block.label for block in reply.blocks] == ["markers", "context:shapes/base.py", "path", "prefix", "suffix"]
    assert sum(block.tokens for block in reply.blocks) == reply.prompt_tokens
    assert reply.reused_tokens == 0 and reply.cut == ()
    assert reply.logprob is not None and reply.logprob < 0
    assert 0 < reply.generated_tokens <= 12
    assert reply.prompt is not None
    assert (
        PARTS.prefix in reply.prompt and PARTS.suffix in reply.prompt and "#shapes/base.py\nclass Shape" in reply.prompt
    )


def test_typing_costs_what_follows_the_change(engine: LlamaEngine, options: EngineOptions) -> None:
    first = engine.complete(JOB, Interrupt())
    typed = replace(JOB, parts=replace(PARTS, prefix=PARTS.prefix + "\n    self"))
    reply = engine.complete(typed, Interrupt())
    before_the_hole = sum(block.tokens for block in first.blocks if block.label != "suffix") - 2
    assert reply.reused_tokens == before_the_hole
    assert same(reply, fresh(options, typed))


def test_forced_text_costs_only_itself(engine: LlamaEngine, options: EngineOptions) -> None:
    first = engine.complete(JOB, Interrupt())
    typed = replace(JOB, parts=replace(PARTS, forced="self"))
    reply = engine.complete(typed, Interrupt())
    assert reply.reused_tokens == first.prompt_tokens - 1  # The word may be the beginning of another token.
    assert same(reply, fresh(options, typed))


TYPED = "self.width * self.width + len("


@pytest.mark.long
def test_typing_behind_the_anchor_costs_what_was_typed(engine: LlamaEngine, options: EngineOptions) -> None:
    """Each keystroke: the typed tokens, those backed over, and the one before them whose logits are needed."""
    before = engine.complete(JOB, Interrupt()).prompt_tokens
    for end in range(1, len(TYPED) + 1):
        typed = replace(JOB, parts=replace(PARTS, forced=TYPED[:end]), max_tokens=1)
        reply = engine.complete(typed, Interrupt())
        backed = heal(engine._tokenizer.tokens(TYPED[:end]), engine._tokenizer.piece, engine._pieces)
        spelt_again = len(backed.pending)  # At most one token per byte, where the model tokenizes differently.
        assert reply.evaluated_tokens <= max(0, reply.prompt_tokens - before) + backed.backed + 1 + spelt_again
        assert reply.evaluated_tokens <= 1 + 4 + spelt_again, "one character, for a prefix of any length"
        assert reply.text == fresh(options, typed).text


def test_healed_text_goes_on_in_the_middle_of_a_word(engine: LlamaEngine) -> None:
    """Where a suggestion is typed through, letter by letter, the rest of it is suggested at each."""
    whole = engine.complete(replace(JOB, max_tokens=8), Interrupt()).text
    assert len(whole) > 8
    for end in range(1, 8):
        typed = replace(JOB, parts=replace(PARTS, forced=whole[:end]), max_tokens=8)
        rest = engine.complete(typed, Interrupt()).text
        assert rest and (whole[end:].startswith(rest) or rest.startswith(whole[end:]))


def test_many_bytes_backed_over_with_a_small_batch(options: EngineOptions) -> None:
    for micro_batch in (1, 2, 16):
        engine = LlamaEngine(replace(options, micro_batch=micro_batch))
        reply = engine.complete(replace(JOB, parts=replace(PARTS, forced="#" + "=" * 60)), Interrupt())
        assert reply.stop in ("eos", "length")
        engine.close()


def test_random_edits_jumps_and_interrupts_give_what_a_fresh_engine_gives(
    engine: LlamaEngine, options: EngineOptions
) -> None:
    dice = random.Random(4)
    parts = PARTS
    for _ in range(12):
        at = dice.randrange(len(parts.prefix))
        match dice.randrange(4):
            case 0:
                parts = replace(parts, prefix=parts.prefix + dice.choice(["self.", "x", "\n        ", "(1, "]))
            case 1:
                parts = replace(parts, prefix=parts.prefix[:at] + "# 🦕 note\n" + parts.prefix[at:])
            case 2:
                parts = replace(parts, prefix=parts.prefix + parts.suffix[:20], suffix=parts.suffix[20:])
            case _:
                parts = replace(parts, context=(*parts.context, ContextBlock(f"m{at}.py", f"VALUE = {at}\n"))[-3:])
        job = CompletionJob(parts, "a", max_tokens=10)
        cut_short = Interrupt()
        timer = threading.Timer(dice.random() * 0.02, cut_short.stop, ["cancelled"])
        timer.start()
        engine.complete(replace(job, parts=replace(parts, forced="for i in ")), cut_short)
        timer.join()
        assert same(engine.complete(job, Interrupt()), fresh(options, job))


def test_stop_rules(engine: LlamaEngine) -> None:
    whole = engine.complete(replace(JOB, max_tokens=40), Interrupt()).text
    line = engine.complete(replace(JOB, max_tokens=40, max_lines=1), Interrupt())
    assert line.text == whole.split("\n")[0].removesuffix("\r")
    middle = whole[1:4]
    stopped = engine.complete(replace(JOB, max_tokens=40, stop=(middle,)), Interrupt())
    assert (stopped.text, stopped.stop) == (whole[: whole.index(middle)], "stop")


def test_text_so_far_grows_to_the_text(engine: LlamaEngine) -> None:
    shown: list[str] = []
    reply = engine.complete(JOB, Interrupt(), lambda text, logprob: shown.append(text))
    assert shown[-1] == reply.text
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))


def test_an_interrupt_in_prefill_keeps_whole_batches(options: EngineOptions) -> None:
    engine = LlamaEngine(replace(options, micro_batch=16))
    interrupt = Interrupt()
    # The engine's own check between two batches stops it: at the same place each time, on any machine.
    asked = iter(range(1000))
    evaluate = engine._context.evaluate

    def evaluate_three_batches(ids: Sequence[int], start: int, rows: int, sequence: int) -> bool:
        if next(asked) == 3:
            interrupt.stop("cancelled")
        return evaluate(ids, start, rows, sequence)

    engine._context.evaluate = evaluate_three_batches  # type: ignore[method-assign]
    job = CompletionJob(LONG, "a", max_tokens=4)
    stopped = engine.complete(job, interrupt)
    assert (stopped.stop, stopped.text, stopped.generated_tokens) == ("cancelled", "", 0)
    reply = engine.complete(job, Interrupt())
    assert reply.reused_tokens == 48
    assert same(reply, fresh(options, job))
    engine.close()


def test_an_interrupt_that_came_before(engine: LlamaEngine, options: EngineOptions) -> None:
    interrupt = Interrupt()
    interrupt.stop("superseded")
    assert engine.complete(JOB, interrupt).stop == "superseded"
    assert same(engine.complete(JOB, Interrupt()), fresh(options, JOB))


def test_warming_makes_the_next_completion_cost_one_token(engine: LlamaEngine, options: EngineOptions) -> None:
    warm = engine.complete(replace(JOB, priority="warm"), Interrupt())
    assert (warm.text, warm.stop, warm.generated_tokens, warm.logprob) == ("", "length", 0, None)
    reply = engine.complete(JOB, Interrupt())
    assert reply.reused_tokens == reply.prompt_tokens - 1
    assert same(reply, fresh(options, JOB))


@pytest.mark.parametrize("priority", ["warm", "ahead"])
def test_a_job_that_makes_way_gives_no_answer(engine: LlamaEngine, priority: Priority) -> None:
    interrupt = Interrupt()
    interrupt.stop("yield")
    with pytest.raises(Yielded):
        engine.complete(replace(JOB, priority=priority), interrupt)


def test_the_completion_behind_an_accepted_one_is_had_ahead(engine: LlamaEngine, options: EngineOptions) -> None:
    """It reads next to nothing, since the first one's tokens are in the cache, and leaves the first's place warm."""
    first = engine.complete(JOB, Interrupt())
    accepted = replace(JOB, parts=replace(PARTS, forced=first.text))
    ahead = engine.complete(replace(accepted, priority="ahead"), Interrupt())
    assert same(ahead, fresh(options, accepted))
    assert ahead.reused_tokens >= first.prompt_tokens
    instead = replace(JOB, parts=replace(PARTS, forced="x"))
    reply = engine.complete(instead, Interrupt())
    assert same(reply, fresh(options, instead))
    assert reply.prompt_tokens - reply.reused_tokens <= 3


def test_a_file_longer_than_the_window_is_cut_and_reported(engine: LlamaEngine) -> None:
    parts = replace(LONG, prefix=SOURCE * 4, suffix=SOURCE * 4)
    reply = engine.complete(CompletionJob(parts, "a", max_tokens=8, explain=True), Interrupt())
    assert reply.prompt_tokens + 8 <= engine.status.n_ctx
    assert {cut.label for cut in reply.cut} >= {"prefix", "suffix"}
    assert reply.prompt is not None and SOURCE[-200:] in reply.prompt


def test_forced_text_longer_than_the_window_is_an_error_and_no_crash(engine: LlamaEngine) -> None:
    with pytest.raises(EngineError, match="does not fit the window"):
        engine.complete(replace(JOB, parts=replace(PARTS, forced=SOURCE * 8)), Interrupt())
    assert engine.complete(JOB, Interrupt()).stop


def test_more_tokens_than_the_window_has(engine: LlamaEngine) -> None:
    reply = engine.complete(replace(JOB, max_tokens=10**6), Interrupt())
    assert reply.prompt_tokens + reply.generated_tokens <= engine.status.n_ctx


def test_empty_parts(engine: LlamaEngine) -> None:
    assert engine.complete(CompletionJob(PromptParts((), "", "", ""), "a", max_tokens=4), Interrupt()).prompt_tokens > 3
