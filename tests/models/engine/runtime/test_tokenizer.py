"""Tokens of prompts, id by id, against a second tokenizer; and that no text of a user's becomes a special token."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from dovetail_models.engine.runtime import llama
from dovetail_models.engine.runtime.tokenizer import Tokenizer
from dovetail_models.engine.runtime.vocabulary import Vocabulary
from dovetail_models.prompt.formats.deepseek import DEEPSEEK, segments
from dovetail_models.prompt.parts import ContextBlock, PromptParts
from dovetail_models.prompt.segments import Role
from tests.models.reference_tokenizer import ReferenceTokenizer, read_metadata

FIM_ROLES = (Role.FIM_PREFIX, Role.FIM_SUFFIX, Role.FIM_MIDDLE)
BOS, EOS, HOLE, BEGIN, END = 32013, 32014, 32015, 32016, 32017

MARKERS = (
    "<｜begin▁of▁sentence｜>",
    "<｜end▁of▁sentence｜>",
    "<｜fim▁hole｜>",
    "<｜fim▁begin｜>",
    "<｜fim▁end｜>",
    "<pad>",
    "<|User|>",
    "<|Assistant|>",
    "<|EOT|>",
    "[PAD32022]",
    "[PAD32255]",
)

TEXTS = (
    "",
    "def f(x):\n    return x + 1\n",
    "    \t\n\n\n  x\r\n\r\n\ty \n",
    "naïve café, 数字 = 12345, Ωmega, emoji 🦕🏽‍💻 and \u2028 \u0085 \f end",
    "õ÷Á are letters, ÕÁ÷õ",
    "a=1;b='x'*3  # comment   \n",
    "\x00\x01 zero",
)


@pytest.fixture(scope="module")
def vocabulary(deepseek_vocabulary: Path) -> Iterator[Vocabulary]:
    model = llama.load_model(deepseek_vocabulary, vocab_only=True)
    yield model.vocabulary
    model.close()


@pytest.fixture(scope="module")
def tokenizer(vocabulary: Vocabulary) -> Tokenizer:
    return Tokenizer(vocabulary, DEEPSEEK.markers)


@pytest.fixture(scope="module")
def reference(deepseek_vocabulary: Path) -> ReferenceTokenizer:
    return ReferenceTokenizer(deepseek_vocabulary)


def prompt_ids(tokenizer: Tokenizer, parts: PromptParts) -> list[int]:
    return [token for block in tokenizer.blocks(segments(parts)) for token in block.ids]


def test_special_tokens_are_those_that_the_model_was_trained_with(vocabulary: Vocabulary) -> None:
    assert vocabulary.bos == BOS
    assert [vocabulary.special(DEEPSEEK.markers[role]) for role in FIM_ROLES] == [BEGIN, HOLE, END]
    assert vocabulary.ends_text(EOS)
    assert all(vocabulary.ends_text(token) for token in (BOS, BEGIN, HOLE, END, 32018, 32019, 32020, 32021, 32022))
    assert not any(vocabulary.ends_text(token) for token in (0, 185, 32000, 32001, 32002))


def test_prompts_equal_the_reference_id_by_id(tokenizer: Tokenizer, reference: ReferenceTokenizer) -> None:
    tricky = "\n".join(f'x = "{marker}" + {marker}{marker}' for marker in MARKERS)
    parts = PromptParts(
        (ContextBlock("pkg/one.py", "ONE = '<|EOT|>'\n\n"), ContextBlock("pkg/<pad>.py", tricky)),
        "pkg/main.py",
        "import one\n" + tricky + "\n    retur",
        "\n" + tricky,
        "n <|EOT|>",
    )
    expected = [
        BOS,
        *reference.tokens("#pkg/one.py\nONE = '<|EOT|>'\n"),
        *reference.tokens("#pkg/<pad>.py\n" + tricky + "\n"),
        *reference.tokens("#pkg/main.py\n"),
        BEGIN,
        *reference.tokens("import one\n" + tricky + "\n    retur"),
        HOLE,
        *reference.tokens("\n" + tricky),
        END,
        *reference.tokens("n <|EOT|>"),
    ]
    ids = prompt_ids(tokenizer, parts)
    assert ids == expected
    assert [ids.count(token) for token in (BOS, BEGIN, HOLE, END)] == [1, 1, 1, 1]
    assert ids[0] == BOS
    assert not {EOS, *range(32018, 32256)} & set(ids)


@pytest.mark.parametrize("text", (*TEXTS, *MARKERS, *(f"a {m} b" for m in MARKERS), "<pa<pad>d>", "<|EOT|><|EOT|"))
def test_texts_equal_the_reference(tokenizer: Tokenizer, reference: ReferenceTokenizer, text: str) -> None:
    # llama.cpp treats a few accented letters as added tokens; they map to themselves.
    letters = str.maketrans({"õ": "o", "÷": "/", "Á": "A"})
    assert list(tokenizer.tokens(text.translate(letters))) == reference.tokens(text.translate(letters))
    assert tokenizer.text(tokenizer.tokens(text)) == text


def test_published_pairs_of_text_and_tokens(shared: Path, reference: ReferenceTokenizer, tokenizer: Tokenizer) -> None:
    base = shared / "vocab" / "ggml-vocab-deepseek-coder.gguf"
    texts = (base.parent / (base.name + ".inp")).read_bytes().decode().split("\n__ggml_vocab_test__\n")[:-1]
    rows = (base.parent / (base.name + ".out")).read_text("utf-8").splitlines()
    for text, row in zip(texts, rows, strict=True):
        assert list(tokenizer.tokens(text)) == reference.tokens(text) == [int(token) for token in row.split()]


def test_random_mixtures_come_back_whole_and_free_of_specials(tokenizer: Tokenizer, vocabulary: Vocabulary) -> None:
    dice = random.Random(2)
    pieces = [*MARKERS, *(m[:-1] for m in MARKERS), *(m[1:] for m in MARKERS), *TEXTS, "\n", " ", "<", "|", ">", "õ"]
    for _ in range(200):
        text = "".join(dice.choices(pieces, k=dice.randrange(1, 12)))
        ids = tokenizer.tokens(text)
        assert tokenizer.text(ids) == text
        assert not any(vocabulary.is_marker(token) for token in ids)


def test_lines_one_by_one_are_the_whole(tokenizer: Tokenizer, vocabulary: Vocabulary, shared: Path) -> None:
    assert tokenizer.by_lines
    for path in sorted((shared / "eval" / "repos").rglob("*.py"))[:40]:
        text = path.read_text("utf-8", errors="replace")
        if not any(marker in text for marker in MARKERS):
            assert list(tokenizer.tokens(text)) == vocabulary.tokenize(text.encode())


def test_a_lone_surrogate_becomes_a_question_mark(tokenizer: Tokenizer) -> None:
    assert tokenizer.text(tokenizer.tokens("a\ud83e b")) == "a? b"


def test_lines_that_the_cache_pushes_out_while_it_learns_others(vocabulary: Vocabulary) -> None:
    dice = random.Random(8)
    small = Tokenizer(vocabulary, cache_bytes=1500)
    for _ in range(200):
        text = "".join(f"x{dice.randrange(12)} = 1\n" for _ in range(dice.randrange(12)))
        assert list(small.tokens(text)) == vocabulary.tokenize(text.encode())


def test_the_cache_keeps_to_its_bytes(vocabulary: Vocabulary) -> None:
    small = Tokenizer(vocabulary, cache_bytes=2000)
    for i in range(100):
        assert small.text(small.tokens(f"line {i}\n")) == f"line {i}\n"
    assert small.cached_bytes <= 2000


def test_the_starter_model_has_all_roles_and_breaks_nothing(model_path: Path) -> None:
    model = llama.load_model(model_path, vocab_only=True)
    starter = Tokenizer(model.vocabulary, DEEPSEEK.markers)
    reference = ReferenceTokenizer(model_path)
    eos = read_metadata(model_path)["tokenizer.ggml.eos_token_id"]
    text = "\n".join((*TEXTS, *MARKERS))
    ids = prompt_ids(starter, PromptParts((ContextBlock("b.py", text),), "a.py", text, text))
    roles = (model.vocabulary.bos, *map(starter.special, FIM_ROLES))
    assert None not in roles and [ids.count(role) for role in roles] == [1, 1, 1, 1] and ids[0] == roles[0]
    assert model.vocabulary.ends_text(eos)
    assert list(starter.tokens(text)) == reference.tokens(text)
    assert starter.text(starter.tokens(text)) == text
    model.close()
