"""The messages between client and host: newline-delimited JSON, each an object with an "op".

Client to host: hello(version, token, make_way), complete(id, stream, job), cancel(id), enough(id), ping, bye,
keep(files, stamp: put states of prompts with their text alone on disk, unless something was forgotten since the stamp).
Host to client: welcome(version, status), refused(message), leaving (it has no clients and makes way for another host),
status(status) whenever it changes, text(id, text, logprob), reply(id, reply, speed: what of the status changes with
each reply), error(id, message), pong(busy, progress), bye(leaves: whether the host ends when this client disconnects).

Here live the protocol's version and the JSON form of each value; sockets are `transport.py`'s.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any, get_args

from dovetail_models.engine.job import BlockTokens, CompletionJob, CompletionReply, Priority, TokenLogprob
from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.status import EngineStatus
from dovetail_models.hardware.choose import Choice
from dovetail_models.hardware.machine import Accelerator
from dovetail_models.prompt.fit import Cut
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.prompt.segments import Role
from dovetail_models.prompt.verbatim import Piece, Side, VerbatimPrompt

VERSION = 15
"""Raised when a message changes its meaning; client and host of different versions refuse each other."""

MESSAGE_BYTES = 32 * 2**20
"""Longest message: far above any prompt, low enough to stop a peer that speaks something else."""

Message = dict[str, Any]

_ROLES = {"", *(role.value for role in Role)}


class WireError(Exception):
    """The peer sent something that is no message of this protocol."""


def encode(message: Message) -> bytes:
    """Return a message as one line. Pure ASCII, so that even a lone surrogate in a user's text passes unharmed."""
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Return the message in a line. Raises WireError."""
    try:
        message = json.loads(line)
    except ValueError as error:
        raise WireError("a line that is not JSON") from error
    if not isinstance(message, dict) or not isinstance(message.get("op"), str):
        raise WireError('a message without an "op"')
    return message


def to_json(value: CompletionJob | CompletionReply | EngineStatus | EngineOptions) -> Message:
    """Return the fields of a value, as JSON can hold them."""
    if isinstance(value, CompletionReply):  # its tokens are pairs, which take less than half of what objects would
        tokens = [(each.end, round(each.logprob, 5)) for each in value.token_logprobs]
        return dataclasses.asdict(dataclasses.replace(value, token_logprobs=())) | {"token_logprobs": tokens}
    return {name: _plain(field) for name, field in dataclasses.asdict(value).items()}


def job_from_json(fields: Any) -> CompletionJob:
    """Raises WireError if a field is missing, unknown or of the wrong kind."""
    try:
        parts = fields["parts"]
        context = tuple(ContextBlock(**_strings(block)) for block in parts["context"])
        texts = _strings({name: parts[name] for name in ("path", "prefix", "suffix", "forced", "repository")})
        tuples = {name: tuple(fields[name]) for name in ("stop", "names", "lookup", "files")}
        verbatim = _verbatim(fields["verbatim"])
        job = CompletionJob(**{**fields, **tuples, "parts": PromptParts(context, **texts), "verbatim": verbatim})
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"a malformed job ({type(error).__name__})") from error
    strings = (job.document, job.anchor, *job.stop, *job.names, *job.lookup, *job.files)
    if not (
        all(isinstance(string, str) for string in strings)
        and isinstance(job.max_tokens, int)
        and isinstance(job.min_tokens, int)
        and isinstance(job.beginnings, int)
        and isinstance(job.turn, int)
        and isinstance(job.max_lines, int | None)
        and isinstance(job.explain, bool)
        and job.priority in get_args(Priority)
    ):
        raise WireError("a malformed job (a value out of range)")
    return job


def reply_from_json(fields: Any) -> CompletionReply:
    """Raises WireError."""
    try:
        blocks = tuple(BlockTokens(**block) for block in fields["blocks"])
        cut = tuple(Cut(**one) for one in fields["cut"])
        tuples = {"blocks": blocks, "cut": cut, "beginnings": tuple(fields["beginnings"])}
        tokens = tuple(TokenLogprob(int(end), float(logprob)) for end, logprob in fields["token_logprobs"])
        return CompletionReply(**{**fields, **tuples, "token_logprobs": tokens})
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"a malformed reply ({type(error).__name__})") from error


def status_from_json(fields: Any) -> EngineStatus:
    """Raises WireError."""
    try:
        tuples = {name: tuple(fields[name]) for name in ("devices", "steps", "sandboxed", "unsandboxed")}
        choices = tuple(Choice(**_strings(choice)) for choice in fields["choices"])
        accelerators = tuple(Accelerator(**one) for one in fields["accelerators"])
        return EngineStatus(**{**fields, **tuples, "choices": choices, "accelerators": accelerators})
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"a malformed status ({type(error).__name__})") from error


def with_speed(status: EngineStatus, fields: Any) -> EngineStatus:
    """Return the status with the speed that came with a reply. Raises WireError."""
    try:
        prefill, decode = float(fields["prefill_tokens_s"]), float(fields["decode_ms"])
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"a malformed speed ({type(error).__name__})") from error
    return dataclasses.replace(status, prefill_tokens_s=prefill, decode_ms=decode)


def options_from_json(fields: Any) -> EngineOptions:
    """Raises WireError."""
    try:
        kv_folder = Path(fields["kv_folder"]) if fields["kv_folder"] is not None else None
        fallbacks = tuple(map(Path, fields["fallbacks"]))
        paths = {"model_path": Path(fields["model_path"]), "kv_folder": kv_folder, "fallbacks": fallbacks}
        return EngineOptions(**{**fields, **paths})
    except (TypeError, KeyError, ValueError) as error:
        raise WireError(f"malformed options ({type(error).__name__})") from error


def _verbatim(fields: Any) -> VerbatimPrompt | None:
    if fields is None:
        return None
    prompt = VerbatimPrompt(**{**fields, "pieces": tuple(Piece(**piece) for piece in fields["pieces"])})
    texts = [text for piece in prompt.pieces for text in (piece.text, piece.role, piece.label)]
    limits = [prompt.max_tokens, *(piece.max_tokens for piece in prompt.pieces)]
    if not (
        all(isinstance(text, str) for text in texts)
        and all(piece.role in _ROLES for piece in prompt.pieces)
        and all(limit is None or (isinstance(limit, int) and limit >= 0) for limit in limits)
        and all(piece.keep in get_args(Side) for piece in prompt.pieces)
        and isinstance(prompt.shortened, int)
    ):
        raise TypeError("a verbatim prompt with a value of the wrong kind")
    return prompt


def _plain(field: Any) -> Any:
    if isinstance(field, tuple) and field and isinstance(field[0], Path):
        return tuple(map(str, field))
    return str(field) if isinstance(field, Path) else field


def _strings(fields: dict[str, Any]) -> dict[str, str]:
    if not all(isinstance(value, str) for value in fields.values()):
        raise TypeError("a text that is not a string")
    return fields
