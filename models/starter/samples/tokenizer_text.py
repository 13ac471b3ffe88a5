"""`python -m models.starter tokenizer`: the text that the tokenizer is trained on, drawn from the corpus.
Deterministic."""

import random
from collections.abc import Iterable, Iterator, Mapping

from models.starter.corpus.projects import Project

# Shares of files by language: small corpora are read whole (above 1), large ones in part, so that each has its say.
FILE_SHARES: Mapping[str, float] = {
    "python": 0.4,
    "typescript": 1.5,
    "javascript": 0.3,
    "go": 0.6,
    "rust": 0.6,
    "java": 0.25,
    "c": 0.2,
    "cpp": 0.2,
}
SAMPLE = 0.2  # of all that: about 45 million characters of 670; more changes no merge that matters
FILE_CHARACTERS = 20_000  # of one file, at most


def tokenizer_text(projects: Iterable[Project], sample: float = SAMPLE, seed: int = 1) -> Iterator[str]:
    """Texts of files drawn by language."""
    rng = random.Random(seed)
    for project in projects:
        for file in project.files:
            if rng.random() < FILE_SHARES[file.language] * sample:
                yield file.text[:FILE_CHARACTERS]
