"""What a client asks of the engine and what it answers: values only. `ipc/wire.py` has their form on the wire."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dovetail_models.prompt.fit import Cut
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.prompt.verbatim import VerbatimPrompt

Priority = Literal["interactive", "ahead", "warm"]
"""How urgent a job is.

interactive: someone waits for the answer. ahead: a prefetch, useful if the user does what is likely, such as accepting
the last completion. warm: a warm-up, which generates nothing and only evaluates the prompt into the KV cache.
"""

StopReason = Literal["eos", "line", "stop", "loop", "length", "enough", "cancelled", "superseded"]
"""Why a completion ended.

eos: the model ended it. line: `max_lines` were full. stop: a stop string came. loop: after `min_tokens` the text
degenerated into repetition. length: `max_tokens` were full (a warm job ends with this too). enough: the client's own
test accepted the text. cancelled: the client withdrew the job. superseded: a newer job of the same document came.
"""


@dataclass(frozen=True, slots=True)
class CompletionJob:
    """A request for one completion. Raises ValueError for negative tokens or for no line at all."""

    parts: PromptParts
    """What the prompt is made of."""
    document: str
    """Names the document, or whatever else asks. A newer interactive job of the same document supersedes an older
    one, which is then answered with stop "superseded"."""
    max_tokens: int = 64
    """The maximum number of tokens to generate."""
    max_lines: int | None = None
    """The text ends before the newline that would begin the line after this many; None sets no limit."""
    stop: tuple[str, ...] = ()
    """The text ends before any of these strings."""
    explain: bool = False
    """Whether the reply has the prompt as text."""
    priority: Priority = "interactive"
    """Jobs that are ahead or warm wait for interactive jobs, yield to them, resume after them, and supersede none."""
    anchor: str = ""
    """Names the position in the document at which prefix and suffix are frozen. The KV cache keeps one sequence for
    each document and anchor: a prompt replaces the last one of its anchor and leaves those of others alone."""
    min_tokens: int = 0
    """Before this many tokens the model may not end the text: for measurements, whose work must not depend on the
    model's choice."""
    beginnings: int = 0
    """How many other likely beginnings of the text to return. Each, as part of `forced`, leads to another
    completion."""
    names: tuple[str, ...] = ()
    """Likely beginnings of the text: the rest of each known name, a part of which may already be typed."""
    lookup: tuple[str, ...] = ()
    """Texts that are not in the prompt, such as the rest of the file. Prompt lookup also searches them for drafts."""
    files: tuple[str, ...] = ()
    """Absolute paths of all files that the prompt's text is from. Without them its KV state is never kept on disk."""
    turn: int = 0
    """The number of the request, counted over all documents of a client. Of equal jobs the later one runs first."""
    verbatim: VerbatimPrompt | None = None
    """For measurements: the whole prompt, in place of `parts`. Its end is not healed, and repetition does not end the
    text."""

    def __post_init__(self) -> None:
        if self.max_tokens < 0 or (self.max_lines is not None and self.max_lines < 1):
            raise ValueError(f"a job for {self.max_tokens} tokens and {self.max_lines} lines")


@dataclass(frozen=True, slots=True)
class BlockTokens:
    """How many tokens a block of the prompt takes."""

    label: str
    """One of the labels in `prompt/segments.py`, or "markers"."""
    tokens: int
    """Tokens of all blocks with this label."""


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """How likely a token of a completion was."""

    end: int
    """The code points of the text up to the end of the token. A token that ends inside a code point counts it."""
    logprob: float
    """Its natural-log probability, among the tokens that were allowed."""


@dataclass(frozen=True, slots=True)
class CompletionReply:
    """A completion and what it cost."""

    text: str
    """The completion."""
    stop: StopReason
    """Why it ended."""
    logprob: float | None
    """Mean natural-log probability of the tokens of `text`, without the end token; None where there are none. Where the
    client had enough, the tokens that came after that do not count."""
    model: str
    """Name of the model that answered."""
    prompt_tokens: int = 0
    """Tokens of the whole prompt."""
    reused_tokens: int = 0
    """Those of them that the KV cache held already."""
    generated_tokens: int = 0
    """Tokens that hold text of the answer. Tokens that only spell again what was typed are not counted."""
    drafted_tokens: int = 0
    """Tokens that prompt lookup drafted."""
    accepted_tokens: int = 0
    """Drafted tokens that the model accepted."""
    queue_ms: float = 0.0
    """Wait for the engine."""
    prompt_ms: float = 0.0
    """Layout, tokenization and fitting."""
    prefill_ms: float = 0.0
    """Evaluation of the prompt."""
    decode_ms: float = 0.0
    """Generation of the answer."""
    blocks: tuple[BlockTokens, ...] = ()
    """Sizes of the prompt's blocks."""
    prompt: str | None = None
    """The prompt as text, if the job asked to explain."""
    cut: tuple[Cut, ...] = ()
    """What was left out so that the prompt fits the context window."""
    evaluated_tokens: int = 0
    """All tokens that the model evaluated for this answer, prompt and completion together."""
    beginnings: tuple[str, ...] = ()
    """The likeliest other first tokens, as text."""
    model_key: str = ""
    """A name for what the model's file holds (`files.model_key`); empty for a server's model."""
    token_logprobs: tuple[TokenLogprob, ...] = ()
    """The tokens that hold `text`, in order; none where a server reports no probabilities. The last one may hold more
    than the text."""


def tokens_within(tokens: Iterable[TokenLogprob], length: int) -> tuple[TokenLogprob, ...]:
    """Return the tokens that begin before `length` code points of a text."""
    found, begin = [], 0
    for token in tokens:
        if begin >= length:
            break
        found.append(token)
        begin = token.end
    return tuple(found)
