"""What can go wrong with a server, and when it is worth asking again. Pure."""

from dataclasses import dataclass
from typing import Literal

from dovetail_models.errors import EngineError

FaultKind = Literal["unreachable", "tls", "token", "address", "busy", "server", "slow", "cut", "protocol", "request"]
"""unreachable: no connection. tls: no trusted connection. token: 401 or 403. address: 404 and the like. busy: 429 or
503. server: another 5xx. slow: no answer in time. cut: the answer broke off. protocol: an answer that cannot be read.
request: the server refuses the request (another 4xx).
"""

RETRIES_S = (0.25, 0.75)
"""Pauses in seconds before a request is sent again: short, because someone waits, and the local model can answer."""

MAX_RETRY_AFTER_S = 2.0
"""A server that asks for a longer pause than this is not asked again for this completion."""

PROBES_S = (2.0, 5.0, 15.0, 30.0, 60.0)
"""Pauses in seconds between looks at a server that has failed; the last one repeats."""


class RemoteFault(EngineError):
    """A server cannot answer: what happened and what to do next, in one line."""

    def __init__(self, kind: FaultKind, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.kind: FaultKind = kind
        self.retry_after_s = retry_after_s


class PromptTooLong(EngineError):
    """The server's window is smaller than the prompt."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask again after `after_s` seconds."""

    after_s: float


def retry(fault: RemoteFault, attempt: int) -> Retry | None:
    """Return when to send a request again after attempt number `attempt` (from 0) failed; None to give it up."""
    if attempt >= len(RETRIES_S) or fault.kind not in ("unreachable", "busy", "server", "cut"):
        return None
    if fault.retry_after_s is not None:
        return Retry(fault.retry_after_s) if fault.retry_after_s <= MAX_RETRY_AFTER_S else None
    return Retry(RETRIES_S[attempt])


def probe_pause_s(failures: int) -> float:
    """Return the seconds until the next look at a server that has failed `failures` times in a row (at least once)."""
    return PROBES_S[min(failures, len(PROBES_S)) - 1]
