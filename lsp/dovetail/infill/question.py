"""The question of a plugin, in the form of llama.cpp's `/infill` (server README, "POST /infill"). Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


class BadQuestion(Exception):
    """One line that explains what is wrong with a question."""


@dataclass(frozen=True, slots=True)
class Question:
    """`text` is the part of the file that the plugin sends, with the cursor at `offset` (code points).

    `max_tokens` is the most that it wants, None for no limit, 0 if the server should only read the text. `fields` are
    the fields of the answer that it wants, () for all.
    """

    text: str
    offset: int
    max_tokens: int | None
    fields: tuple[str, ...]


def read_question(body: bytes) -> Question:
    """Raises BadQuestion."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise BadQuestion("the body is not JSON") from None
    if not isinstance(values, dict):
        raise BadQuestion("the body is no JSON object")
    before, typed, after = (_text(values, name) for name in ("input_prefix", "prompt", "input_suffix"))
    limit, fields = values.get("n_predict"), values.get("response_fields")
    return Question(
        text=before + typed + after,
        offset=len(before) + len(typed),
        max_tokens=limit if isinstance(limit, int) and limit >= 0 else None,
        fields=tuple(each for each in fields if isinstance(each, str)) if isinstance(fields, list) else (),
    )


def answer_json(answer: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Return the answer, or only its `fields`, each under its path ("timings/prompt_n"), as llama.cpp does."""
    if not fields:
        return answer
    found: dict[str, Any] = {}
    for path in fields:
        value: Any = answer
        for name in path.split("/"):
            value = value.get(name) if isinstance(value, dict) else None
        if value is not None:
            found[path] = value
    return found


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise BadQuestion(f"{name} is no text")
    return value
