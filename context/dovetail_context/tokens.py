"""How many tokens a text costs, estimated without a model. Pure."""

import re

_PIECE = re.compile(r"[A-Za-z]+|\d|\s+|[^\w\s]+|_+|\w")


def estimate_tokens(text: str) -> int:
    """The estimated number of DeepSeek-Coder tokens of `text`, in linear time."""
    total = 0.0
    for piece in _PIECE.findall(text):
        total += 1 if len(piece) < 6 else len(piece) / 4.5
    return max(1, round(total)) if text else 0
