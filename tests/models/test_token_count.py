"""Token counts from a vocabulary alone, against a second tokenizer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dovetail_models.errors import ModelError
from dovetail_models.files import resolve_model
from dovetail_models.token_count import TokenCounter, read_token_counter
from tests.models.engine.runtime.test_tokenizer import TEXTS
from tests.models.reference_tokenizer import ReferenceTokenizer
from tests.models.tiny_model import byte_level, write_model

ALPHABET = "ab_Z 9\t\n\r.,(=+$<é数字“→·²🦕\u2028\u00a0"


@pytest.fixture(scope="module")
def starter() -> Path:
    return resolve_model(None).path


@pytest.mark.long
def test_counts_are_those_of_the_reference(starter: Path) -> None:
    counter, reference = read_token_counter(starter), ReferenceTokenizer(starter)
    assert counter is not None
    rng = random.Random(7)
    texts = [*TEXTS, *("".join(rng.choices(ALPHABET, k=rng.randint(1, 60))) for _ in range(400))]
    for text in texts:
        assert counter(text) == len(reference.tokens(text)), repr(text)


def test_pairs_of_lower_rank_are_merged_first() -> None:
    assert TokenCounter(("b c", "a b"))("abc") == 2
    assert TokenCounter(("a b", "ab c"))("abc") == 1
    assert TokenCounter(())("abc") == 3


def test_a_vocabulary_that_cuts_otherwise_is_not_counted(tmp_path: Path) -> None:
    model = write_model(tmp_path / "other.gguf", "llama", "other", byte_level("gpt-2", ("<eos>",)))
    assert read_token_counter(model) is None


def test_a_file_without_a_vocabulary_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF\3\0\0\0")
    with pytest.raises(ModelError, match=r"damaged .* download it again"):
        read_token_counter(broken)
