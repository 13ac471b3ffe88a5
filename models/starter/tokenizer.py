"""The tokenizer: byte-level BPE with DeepSeek-Coder's pre-tokenization and special-token strings. Training it and
using it; no GGUF here.

Ids: the BPE vocabulary first, then the five special tokens, so that the whole vocabulary has exactly the wanted size.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

BOS = "<｜begin▁of▁sentence｜>"
EOS = "<｜end▁of▁sentence｜>"
FIM_BEGIN = "<｜fim▁begin｜>"
FIM_HOLE = "<｜fim▁hole｜>"
FIM_END = "<｜fim▁end｜>"
SPECIAL_TOKENS = (BOS, EOS, FIM_HOLE, FIM_BEGIN, FIM_END)  # in the order of DeepSeek-Coder's ids

# llama.cpp's `deepseek-coder` pre-tokenizer (llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_DEEPSEEK_CODER), in its order.
_PRE_TOKENIZER_REGEXES = (r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", r"\p{N}")


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> Tokenizer:
    """Train a BPE of `vocabulary` tokens in all, the special ones included. Deterministic for the same texts.

    Raises ValueError where the texts have too few different pairs for so many tokens.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        max_token_length=32,  # licence headers and rulers must not become single tokens
    )
    tokenizer.train_from_iterator(texts, trainer)
    found = tokenizer.get_vocab_size() + len(SPECIAL_TOKENS)
    if found != vocabulary:
        raise ValueError(f"the texts give only {found} tokens of {vocabulary}: train on more text, or ask for fewer")
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """A tokenizer saved with `Tokenizer.save`."""
    return Tokenizer.from_file(str(path))


def tokenizer_of(tokens: Sequence[str], merges: Sequence[str]) -> Tokenizer:
    """The tokenizer that a GGUF file describes: its tokens without the special ones, and pairs written `left right`."""
    pairs = [(left, right) for left, _, right in (merge.partition(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, pairs))
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def special_ids(tokenizer: Tokenizer) -> dict[str, int]:
    """Ids of the special tokens. They are not in the tokenizer: a marker in a source file stays plain text, always."""
    size = tokenizer.get_vocab_size()
    return {name: size + position for position, name in enumerate(SPECIAL_TOKENS)}


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in _PRE_TOKENIZER_REGEXES]
    return pre_tokenizers.Sequence([*splits, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
