"""Other names for a project's own words, the same everywhere in a sample.

A small model trained on few projects learns their names by heart; on a project that it never saw it must take names
from its context. With names that it cannot know, it learns to. Whole words within identifiers are exchanged
(`UserStore`, `user_store`, `USER` together), so that what belongs together still does.
"""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from models.starter.corpus.projects import Project

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
COMMON = 0.02  # of a language's files hold the word: keywords, libraries, everyday words; they keep their meaning
FILES_READ = 1500  # of each language, to recognize common words
MAX_WORDS = 6  # exchanged in one sample


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may be exchanged, and for what, in one language."""

    common: frozenset[str]
    rare: Sequence[str]


def vocabulary_of(projects: Sequence[Project], rng: random.Random) -> Vocabulary:
    """Words by the share of files they are in."""
    files = [file for project in projects for file in project.files]
    read = rng.sample(files, min(FILES_READ, len(files)))
    counts = Counter(word for file in read for word in set(words(file.text)))
    limit = max(2.0, COMMON * len(read))
    return Vocabulary(
        frozenset(word for word, count in counts.items() if count >= limit),
        sorted(word for word, count in counts.items() if count < limit and 3 <= len(word) <= 10),
    )


def words(text: str) -> Iterable[str]:
    """The words within the identifiers of a text, in small letters."""
    return (match.group().lower() for match in _WORD.finditer(text))


def unchanged(text: str) -> str:
    """The renaming that renames nothing."""
    return text


def draw_renaming(names: Set[str], vocabulary: Vocabulary, rng: random.Random) -> Callable[[str], str]:
    """A renaming of some words of the given names."""
    own = sorted({word for name in names for word in words(name) if len(word) > 2} - vocabulary.common)
    if not own or not vocabulary.rare:
        return unchanged
    chosen = rng.sample(own, min(len(own), rng.randint(1, MAX_WORDS)))
    exchanged = {word: rng.choice(vocabulary.rare) for word in chosen}
    return lambda text: _WORD.sub(lambda match: _in_its_case(match.group(), exchanged), text)


def _in_its_case(word: str, exchanged: Mapping[str, str]) -> str:
    new = exchanged.get(word.lower())
    if new is None:
        return word
    if word.islower():
        return new
    return new.upper() if word.isupper() and len(word) > 1 else new.capitalize()
