"""What is asked of the engine and what it answers. Only values live here; their form on the wire is `wire.py`'s."""

from dataclasses import dataclass
from typing import Literal

from dovetail_models.prompt.fit import Cut
from dovetail_models.prompt.parts import PromptParts

Priority = Literal["interactive", "ahead", "warm"]
"""interactive: someone waits for the answer. ahead: a completion that will be wanted if the user does what is likely
(accepts the last one, say). warm: no completion, only the prompt in the KV cache.
"""

StopReason = Literal["eos", "line", "stop", "loop", "length", "enough", "cancelled", "superseded"]
"""Why a completion ended.

eos: the model said so. line: `max_lines` were full. stop: a stop string came. loop: after `min_tokens` it went round
and round. length: `max_tokens` were full (a warm job ends with this too). enough: the client's own test was content.
cancelled: taken back. superseded: a newer job with the same key came.
"""


@dataclass(frozen=True, slots=True)
class CompletionJob:
    """One completion to be made.

    `client` is a key (a document, say): a newer job with the same key supersedes the older one, which is then answered
    with stop "superseded". What is warm or ahead waits for interactive jobs, yields to them, is taken up again after
    them, and never supersedes one.
    `anchor` names the place in the document where prefix and suffix are frozen. The KV cache keeps one sequence for
    each client and anchor: a prompt takes the place of the last one of its anchor, and leaves those of others alone.
    `max_lines` ends the text before the newline that would begin the line after that many; `stop` ends it before any of
    these strings. `explain` asks for the prompt as text, `beginnings` for so many other likely beginnings of the text,
    each of which, as part of `forced`, leads to another completion. Before `min_tokens` the model may not end the text
    by itself: for measurements, whose work must not depend on what the model says. `names` are what the text most
    likely begins with: the rests of names of which a part may be typed already. `lookup` are texts that the model is
    not shown, as the rest of the file: drafts are looked for there, too. `files` are the absolute paths of all files
    that the prompt's text is from: only with them may its state be kept on disk. `turn` numbers the questions of a
    client's user, in whichever document: what was asked later is answered sooner. Raises ValueError for negative tokens
    or no line at all.
    """

    parts: PromptParts
    client: str
    max_tokens: int = 64
    max_lines: int | None = None
    stop: tuple[str, ...] = ()
    explain: bool = False
    priority: Priority = "interactive"
    anchor: str = ""
    min_tokens: int = 0
    beginnings: int = 0
    names: tuple[str, ...] = ()
    lookup: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    turn: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 0 or (self.max_lines is not None and self.max_lines < 1):
            raise ValueError(f"a job for {self.max_tokens} tokens and {self.max_lines} lines")


@dataclass(frozen=True, slots=True)
class BlockTokens:
    """How many tokens a block of the prompt took. Labels: `prompt/segments.py`; markers are counted under "markers"."""

    label: str
    tokens: int


@dataclass(frozen=True, slots=True)
class CompletionReply:
    """A completion and what it cost.

    `logprob` is the mean natural-log probability of the generated tokens, None where there are none; the end token is
    not among them. Of `prompt_tokens`, `reused_tokens` came from the KV cache. `evaluated_tokens` is all that the model
    has read for this answer, prompt and completion together. `generated_tokens` are those that hold text of the answer:
    tokens that only spell again what had been typed are not counted. `queue_ms` is the wait for the engine,
    `prompt_ms` layout, tokenization and fitting. `prompt` is there if the job asked to explain. `cut` tells what had
    to be left out so that the prompt fits the window. `beginnings` are the likeliest other first tokens, as text.
    """

    text: str
    stop: StopReason
    logprob: float | None
    model: str
    prompt_tokens: int = 0
    reused_tokens: int = 0
    generated_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    queue_ms: float = 0.0
    prompt_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    blocks: tuple[BlockTokens, ...] = ()
    prompt: str | None = None
    cut: tuple[Cut, ...] = ()
    evaluated_tokens: int = 0
    beginnings: tuple[str, ...] = ()
