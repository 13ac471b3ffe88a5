"""Process a streamed answer as the local engine would process the same text. Pure; the caller provides the clock."""

import math
from dataclasses import dataclass, field
from itertools import accumulate

from dovetail_models.engine.client.connection import Enough
from dovetail_models.engine.decoding.stops import CompletionText
from dovetail_models.engine.job import (
    BlockTokens,
    CompletionJob,
    CompletionReply,
    StopReason,
    TokenLogprob,
    tokens_within,
)
from dovetail_models.prompt.fit import Cut
from dovetail_models.remote.dialects.dialect import Piece, Token, Usage
from dovetail_models.remote.prompt import HOPEFUL_DENSITY, RemotePrompt


class NotHealed(Exception):
    """The answer does not begin with what was typed: the server did not follow the grammar."""


@dataclass(slots=True)
class Answer:
    """Takes pieces until `add` returns why the text is complete. `ends` are the family's texts before which it ends."""

    job: CompletionJob
    prompt: RemotePrompt
    enough: Enough | None
    ends: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    first_ms: float = 0.0
    _raw: str = ""
    _accepted: str | None = None
    _shown: str = ""
    _tokens: list[Token] = field(default_factory=list)
    _pieces: int = 0
    _text: CompletionText = field(init=False)

    def __post_init__(self) -> None:
        self._text = CompletionText(self.job.max_lines, (*self.job.stop, *self.ends))

    def add(self, piece: Piece, ms: float) -> StopReason | None:
        """Take a piece that came `ms` milliseconds after the request. Raises NotHealed."""
        self.first_ms = self.first_ms or ms
        self._tokens += piece.tokens
        self._pieces += bool(piece.text)
        stop = self._take(piece.text)
        if stop is not None:
            return stop
        if self._text.goes_round:
            return "loop"
        if self._tokens and len(self._counted()) >= self.job.max_tokens:
            return "length"
        return piece.stop or None

    def note(self, usage: Usage) -> None:
        """Take what the answer has cost so far."""
        if usage.prompt_tokens:
            self.usage = usage

    def reply(self, stop: StopReason, model: str, ms: float) -> CompletionReply:
        """Return the reply `ms` milliseconds after the request."""
        counted = self._counted()
        usage = self.usage
        prefill_ms = usage.prefill_ms or self.first_ms
        counted_here = sum(size for _, size in self.prompt.blocks) if self.prompt.is_in_tokens else 0
        prompt_tokens = usage.prompt_tokens or counted_here or round(self.prompt.characters / HOPEFUL_DENSITY)
        share = 1.0 if self.prompt.is_in_tokens else prompt_tokens / max(self.prompt.characters, 1)
        text = self._accepted if self._accepted is not None else self._text.end
        return CompletionReply(
            text=text,
            stop=stop,
            logprob=self._logprob(counted),
            model=model,
            prompt_tokens=prompt_tokens,
            reused_tokens=usage.reused_tokens,
            evaluated_tokens=max(0, prompt_tokens - usage.reused_tokens) + usage.generated_tokens,
            generated_tokens=len(counted) or usage.generated_tokens or self._pieces,
            prefill_ms=prefill_ms,
            decode_ms=max(0.0, ms - prefill_ms),
            blocks=tuple(BlockTokens(label, round(size * share)) for label, size in self.prompt.blocks),
            prompt=self.prompt.readable if self.job.explain else None,
            cut=tuple(Cut(each.label, max(1, round(each.tokens * share))) for each in self.prompt.cut),
            beginnings=self._beginnings(),
            token_logprobs=tokens_within(self._token_logprobs(counted), len(text)),
        )

    def _take(self, text: str) -> StopReason | None:
        pending = self.prompt.pending
        before = len(self._raw)
        self._raw += text
        if not self._raw.startswith(pending[: len(self._raw)]):
            raise NotHealed
        new = self._raw[max(before, len(pending)) :]
        if not new:
            return None
        stop = self._text.add(new.encode("utf-8", "replace"))
        if self.enough is not None and self._text.safe != self._shown:
            self._shown = self._text.safe
            if self.enough(self._shown):
                self._accepted = self._shown
                return "enough"
        return stop

    def _counted(self) -> list[Token]:
        """The tokens that hold text of the answer."""
        ends = accumulate(len(token.text) for token in self._tokens)
        return [token for token, end in zip(self._tokens, ends, strict=True) if end > len(self.prompt.pending)]

    def _left_of_pending(self, counted: list[Token]) -> str:
        """What the first token of the answer has to spell before the answer begins."""
        spelled = sum(len(token.text) for token in self._tokens[: len(self._tokens) - len(counted)])
        return self.prompt.pending[spelled:]

    def _logprob(self, counted: list[Token]) -> float | None:
        """The mean."""
        if not counted:
            return None
        return sum(each.logprob for each in self._token_logprobs(counted)) / len(counted)

    def _token_logprobs(self, counted: list[Token]) -> list[TokenLogprob]:
        """Where the first token had to spell something, its probability is that among those that could."""
        ends = accumulate(len(token.text) for token in counted)
        left = len(self._left_of_pending(counted)) if counted else 0
        among = self._among(counted)
        return [
            TokenLogprob(end - left, token.logprob - (0.0 if number else among))
            for number, (token, end) in enumerate(zip(counted, ends, strict=True))
        ]

    def _among(self, counted: list[Token]) -> float:
        """The log-probability of all tokens that could be the first one."""
        if not counted:
            return 0.0
        first = counted[0]
        pending = self._left_of_pending(counted)
        could = dict(first.likeliest) | {first.text: first.logprob}
        share = [logprob for text, logprob in could.items() if text.startswith(pending) or pending.startswith(text)]
        return math.log(sum(map(math.exp, share))) if pending and share else 0.0

    def _beginnings(self) -> tuple[str, ...]:
        """The likeliest tokens but the chosen one that begin the text otherwise than it does."""
        counted = self._counted()
        if not counted or not self.job.beginnings:
            return ()
        pending = self._left_of_pending(counted)
        taken = [counted[0].text]
        for text, _ in counted[0].likeliest:
            fits = text.startswith(pending) and text[len(pending) :].strip() and "\ufffd" not in text
            if fits and not any(text.startswith(one) or one.startswith(text) for one in taken):
                taken.append(text)
        return tuple(text[len(pending) :] for text in taken[1 : self.job.beginnings + 1])
