"""Greedy decoding over a scripted model: which token, which probability, when it ends, what is shown meanwhile."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pytest

from dovetail_models.engine.decoding.decode import Generated, Limits, Opening, generate, most_likely
from dovetail_models.engine.decoding.steps import Steps
from dovetail_models.engine.kv.cache import KvCache

PIECES = [b"<end>", b"a", b" b", b"\n", "🦕".encode()[:2], "🦕".encode()[2:], b"\xff"]
END, A, B, NEWLINE, EMOJI_1, EMOJI_2, BROKEN = range(len(PIECES))


class Script:
    """A model that predicts the given tokens, each with probability 1/2 or the given one."""

    def __init__(self, tokens: Sequence[int]) -> None:
        self.n_batch, self.n_ctx, self.sequences = 8, 100, 1
        self.tokens = tokens
        self.evaluated: list[int] = []
        self.rows = 1

    def held(self, sequence: int) -> int:
        return len(self.evaluated)

    def forget_from(self, position: int, sequence: int) -> None:
        del self.evaluated[position:]

    def share(self, source: int, target: int, length: int) -> None:
        raise AssertionError("there is one sequence")

    def save(self, sequence: int, most: int) -> bytearray | None:
        raise AssertionError("nothing is offloaded")

    def restore(self, state: bytearray, sequence: int) -> None:
        raise AssertionError("nothing is offloaded")

    def evaluate(self, ids: Sequence[int], start: int, rows: int, sequence: int) -> bool:
        self.evaluated += ids
        self.rows = rows
        return True

    def logits(self, row: int) -> npt.NDArray[np.float32]:
        logits = np.zeros(len(PIECES), np.float32)
        logits[self.tokens[len(self.evaluated) - self.rows + 1 + row]] = math.log(len(PIECES) - 1)
        return logits

    def piece(self, token: int, special: bool = False) -> bytes:
        return PIECES[token]

    def ends_text(self, token: int) -> bool:
        return token == END

    def ordinary(self) -> npt.NDArray[np.int32]:
        return np.array([token for token in range(len(PIECES)) if token != END], np.int32)


def run(
    script: Script,
    max_tokens: int = 20,
    max_lines: int | None = None,
    stop: tuple[str, ...] = (),
    interrupted: Callable[[], bool] = lambda: False,
    on_text: Callable[[str, float], None] | None = None,
) -> Generated:
    limits = Limits(max_tokens, max_lines, stop)
    return generate(steps(script), script, limits, interrupted, on_text)


def steps(script: Script, prompt: Sequence[int] = ()) -> Steps:
    """Return steps after the first token of a prompt, with the rest as guesses. `Script` needs no input for logits."""
    sequence = KvCache(script).claim(0, [A])
    sequence.extend(prompt, lambda: False, rows=max(1, len(prompt)))
    return Steps(sequence, script.logits, lambda: False, lambda: 0.0, tuple(prompt[1:]))


def outcome(result: Generated) -> tuple[str, str, int, float | None]:
    return result.text, result.stop, result.tokens, result.logprob


HALF = pytest.approx(math.log(1 / 2), abs=1e-6)


def test_the_end_token_ends_and_is_no_part_of_the_text() -> None:
    assert outcome(run(Script([A, B, END]))) == ("a b", "eos", 2, HALF)


def test_nothing_generated_has_no_probability() -> None:
    assert outcome(run(Script([END]))) == ("", "eos", 0, None)
    assert outcome(run(Script([A]), max_tokens=0)) == ("", "length", 0, None)


def test_length_and_the_last_token_is_not_evaluated() -> None:
    script = Script([A, A, A, A])
    assert outcome(run(script, max_tokens=3)) == ("aaa", "length", 3, HALF)
    assert script.evaluated == [A, A]


def test_line_and_stop_string() -> None:
    assert outcome(run(Script([A, NEWLINE, B, END]), max_lines=1)) == ("a", "line", 2, HALF)
    assert outcome(run(Script([A, B, A, END]), stop=(" ba",))) == ("a", "stop", 3, HALF)


def test_a_text_that_goes_round_is_ended() -> None:
    script = Script([A, B] * 40)
    result = run(script, max_tokens=80)
    assert result.stop == "loop"
    assert result.tokens < 20
    assert result.text.startswith("a ba ba b")
    measured = generate(steps(Script([A, B] * 40)), script, Limits(80, None, (), min_tokens=60), lambda: False)
    assert measured.tokens == 61


def test_what_is_shown_never_holds_half_a_code_point() -> None:
    shown: list[str] = []
    result = run(Script([A, EMOJI_1, EMOJI_2, B, END]), on_text=lambda text, logprob: shown.append(text))
    assert shown == ["a", "a🦕", "a🦕 b"]
    assert result.text == "a🦕 b"
    assert run(Script([A, EMOJI_1, END])).text == "a"


def test_a_text_is_as_likely_as_one_that_ends_there() -> None:
    reported: list[tuple[str, float]] = []
    run(Script([A, B, A, NEWLINE, B, END]), on_text=lambda text, logprob: reported.append((text, logprob)))
    assert len(reported) == 5
    for number, (text, logprob) in enumerate(reported, 1):
        alone = run(Script([A, B, A, NEWLINE, B, END]), max_tokens=number)
        assert (alone.text, alone.logprob) == (text, pytest.approx(logprob))


def test_each_token_has_its_probability_and_its_end_in_code_points() -> None:
    result = run(Script([A, EMOJI_1, EMOJI_2, B, END]))
    assert [(each.end, each.logprob) for each in result.token_logprobs] == [(end, HALF) for end in (1, 2, 2, 4)]
    cut = run(Script([A, B, NEWLINE, B, END]), stop=(" b\n",))
    assert (cut.text, [each.end for each in cut.token_logprobs]) == ("a", [1]), "what was cut off does not count"


def test_an_interrupt_between_tokens() -> None:
    answers = iter([False, False, True])
    assert run(Script([A, B, A, A]), interrupted=lambda: next(answers)).stop == "interrupted"


def spelling(pending: bytes) -> npt.NDArray[np.int32]:
    pairs = enumerate(PIECES[1:], 1)
    return np.array([i for i, piece in pairs if piece.startswith(pending) or pending.startswith(piece)], np.int32)


def run_opened(
    script: Script, pending: bytes, guesses: tuple[int, ...] = (), max_tokens: int = 20
) -> tuple[Generated, list[str]]:
    shown: list[str] = []
    limits = Limits(max_tokens, None, ())
    opening = Opening(pending, spelling)

    def on_text(text: str, logprob: float) -> None:
        shown.append(text)

    return generate(steps(script, [A, *guesses]), script, limits, lambda: False, on_text, opening), shown


def test_what_the_text_must_begin_with_is_no_part_of_it() -> None:
    result, shown = run_opened(Script([A, A, B, NEWLINE, END]), b"a ")
    assert (result.text, result.stop, result.tokens) == ("b\n", "eos", 2)
    assert shown == ["b", "b\n"]


def test_only_tokens_that_spell_the_beginning_may_come() -> None:
    script = Script([A, NEWLINE, B, END])  # The model would predict the newline.
    result, _ = run_opened(script, b"a")
    assert script.evaluated == [A, A, B]
    assert (result.text, result.tokens) == (" b", 1)


def test_a_character_of_several_tokens_is_spelt_by_bytes() -> None:
    result, _ = run_opened(Script([A, EMOJI_1, EMOJI_2, A, END]), "🦕".encode())
    assert (result.text, result.tokens) == ("a", 1)


def test_the_end_is_no_way_out_of_what_must_be_spelt() -> None:
    script = Script([A, END, A, END])
    result, _ = run_opened(script, b"a")
    assert (result.text, result.stop) == ("a", "eos")
    assert script.evaluated == [A, A, A]


def test_right_guesses_cost_no_evaluation() -> None:
    script = Script([A, A, B, NEWLINE, END])
    result, _ = run_opened(script, b"a ", (A,))
    assert result.text == "b\n"
    assert script.evaluated == [A, A, B, NEWLINE]


def test_wrong_guesses_are_forgotten() -> None:
    script = Script([A, A, B, NEWLINE, END])
    result, _ = run_opened(script, b"a b", (A, A, A))
    assert result.text == "\n"
    assert script.evaluated == [A, A, B, NEWLINE]


def test_the_probability_is_that_of_the_text_given_what_was_typed() -> None:
    result, _ = run_opened(Script([A, A, B, END]), b"a", max_tokens=1)
    assert result.logprob == HALF
    result, _ = run_opened(Script([A, B, END]), b" ", max_tokens=1)
    assert result.logprob == pytest.approx(0), "of all tokens only this one begins with a space"


def test_a_full_window_ends_the_text() -> None:
    script = Script([A] * 10)
    script.n_ctx = 4
    assert run(script).stop == "length"
    assert len(script.evaluated) == 4


def test_most_likely_is_the_softmax() -> None:
    logits = np.array([1.0, 3.0, -2.0, 1000.0, 999.0], np.float32)
    token, logprob = most_likely(logits)
    assert token == 3
    assert logprob == pytest.approx(-math.log(1 + math.exp(-1)), abs=1e-6)


def test_other_beginnings_are_the_likeliest_that_begin_otherwise() -> None:
    pieces = [b"<end>", b"get", b"get_all", b" set", b"\xff", b"   "]

    class Vocabulary:
        def piece(self, token: int, special: bool = False) -> bytes:
            return pieces[token]

        def ends_text(self, token: int) -> bool:
            return token == 0

        def ordinary(self) -> npt.NDArray[np.int32]:
            return np.arange(1, len(pieces), dtype=np.int32)

    class Standing:
        def logits(self) -> npt.NDArray[np.float32]:
            return np.array([9, 8, 7, 5, 6, 6], np.float32)

        def advance(self, token: int, left: int) -> bool:
            return False

    generated = generate(Standing(), Vocabulary(), Limits(1, None, (), min_tokens=1, beginnings=2), lambda: False)  # type: ignore[arg-type]
    assert generated.text == "get" and generated.beginnings == (" set",)


def test_before_the_least_number_of_tokens_the_model_may_not_end_the_text() -> None:
    script = Script([B, END, END, B, END])
    generated = generate(steps(script), script, Limits(20, None, (), min_tokens=3), lambda: False)
    # Where the model would end, the first of equally likely ordinary tokens comes.
    assert (generated.text, generated.stop, generated.tokens) == (" baa b", "eos", 4)
