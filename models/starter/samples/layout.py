"""The product's prompt layout, as token ids: context files under `#path` lines, then the current file with its hole,
then the answer.

    [BOS]#dep/path.py\\ncode...\\n#current/path.py\\n<fim_begin>prefix<fim_hole>suffix<fim_end>middle[EOS]

Special tokens are ids put between the pieces; text is tokenized piece by piece, as the product does it, so a marker
in a source file stays text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from models.starter.tokenizer import BOS, EOS, FIM_BEGIN, FIM_END, FIM_HOLE, special_ids
from tokenizers import Tokenizer


@dataclass(frozen=True, slots=True)
class Specials:
    """Ids of the special tokens."""

    bos: int
    eos: int
    begin: int
    hole: int
    end: int

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> "Specials":
        ids = special_ids(tokenizer)
        return cls(ids[BOS], ids[EOS], ids[FIM_BEGIN], ids[FIM_HOLE], ids[FIM_END])


def file_text(path: str, code: str) -> str:
    """A context file as the prompt shows it: a `#path` line, the code, and a line end."""
    return f"#{path}\n{code.rstrip(chr(10))}\n"


def infilling_ids(
    tokenizer: Tokenizer,
    specials: Specials,
    context: Sequence[str],
    path: str,
    prefix: str,
    suffix: str,
    middle: str,
    budget: int,
) -> list[int]:
    """One sample of at most `budget` tokens, its middle complete.

    What does not fit goes as the product lets it go: context first at its far end, the suffix down to a quarter of
    the room,
    then the prefix at its beginning. An empty list where the middle alone is too long.
    """
    head = _ids(tokenizer, f"#{path}\n")
    answer = [*_ids(tokenizer, middle), specials.eos]
    room = budget - len(head) - len(answer) - 4
    if room < 16:
        return []
    # Tokenizing whole long files for a window of a few hundred tokens is wasted: five characters a token are plenty.
    before = _ids(tokenizer, prefix[-room * 5 :])
    after = _ids(tokenizer, suffix[: room * 5])
    pieces = [_ids(tokenizer, text) for text in context]
    wanted_context = min(sum(map(len, pieces)), room // 2)
    after = after[: max(room // 4, room - wanted_context - len(before))]
    before = before[-max(1, room - wanted_context - len(after)) :]
    left = room - len(before) - len(after)
    kept: list[int] = []
    for piece in reversed(pieces):  # the nearest to the current file matter most
        if len(piece) > left:
            break
        kept = [*piece, *kept]
        left -= len(piece)
    return [specials.bos, *kept, *head, specials.begin, *before, specials.hole, *after, specials.end, *answer]


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids
