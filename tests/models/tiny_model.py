"""Small models with random weights, written as GGUF files: the shape and the markers of a family, a toy's size.

The vocabularies have all bytes, a few longer tokens and a family's markers, so that `expected_ids` needs only a few
lines to compute a text's tokens. The files follow version 3 of the GGUF specification.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, BYTE = 1, 2, 3, 4, 6
"""Kinds of tokens (tokenizer.ggml.token_type)."""

MERGES = (("r", "e"), ("t", "u"), ("re", "tu"), ("r", "n"), ("retu", "rn"), ("d", "e"), ("de", "f"))
"""The merges for longer tokens, best first. They contain only letters, which no pre-tokenizer separates."""

LAYERS, WIDTH, HEADS, KV_HEADS, FEED_FORWARD, N_CTX = 2, 64, 4, 2, 96, 2048
HEAD = WIDTH // HEADS
EXPERTS = 4
QUERY_RANK, LATENT, ROTARY = 24, 16, 8
"""DeepSeek-V2's attention: ranks of queries and of what the cache holds, and the rotated part of a head."""

Tensors = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Words:
    """A vocabulary: texts of tokens with their kinds, and the metadata that goes with it."""

    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    metadata: dict[str, Any]

    @property
    def is_sentencepiece(self) -> bool:
        return bool(self.metadata["tokenizer.ggml.model"] == "llama")

    def expected_ids(self, text: str) -> list[int]:
        """Return the tokens of ordinary text."""
        if not self.is_sentencepiece:
            return [self.tokens.index(symbol) for symbol in self._merged([SHOWN[byte] for byte in text.encode()])]
        own = [token for token, kind in zip(self.tokens, self.kinds, strict=True) if kind == USER_DEFINED]
        pieces = re.split("(" + "|".join(map(re.escape, own)) + ")", text) if own else [text]
        return [id for piece in pieces for id in self._sentencepiece_ids(piece, piece in own)]

    def _sentencepiece_ids(self, text: str, is_symbol: bool) -> list[int]:
        if is_symbol:
            return [self.tokens.index(text)]
        symbols = self._merged([*text.replace(" ", "▁")])
        pieces = [[s] if s in self.tokens else [f"<0x{byte:02X}>" for byte in s.encode()] for s in symbols]
        return [self.tokens.index(piece) for group in pieces for piece in group]

    def _merged(self, symbols: list[str]) -> list[str]:
        for left, right in MERGES:
            merged: list[str] = []
            for symbol in symbols:
                if merged and (merged[-1], symbol) == (left, right):
                    merged[-1] = left + right
                else:
                    merged.append(symbol)
            symbols = merged
        return symbols


def byte_level(pre: str, markers: tuple[str, ...], bos: str | None = None, end: str | None = None) -> Words:
    """A vocabulary as GPT-2's: bytes shown as letters. The last of `markers` ends a text unless `end` names another."""
    ordinary = (*(SHOWN[byte] for byte in range(256)), *(left + right for left, right in MERGES))
    tokens = (*ordinary, *markers)
    metadata = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.merges": [f"{left} {right}" for left, right in MERGES],
        "tokenizer.ggml.eos_token_id": tokens.index(end or markers[-1]),
        "tokenizer.ggml.add_bos_token": bos is not None,
    }
    if bos is not None:
        metadata["tokenizer.ggml.bos_token_id"] = tokens.index(bos)
    return Words(tokens, (NORMAL,) * len(ordinary) + (CONTROL,) * len(markers), metadata)


def sentencepiece(markers: tuple[str, ...], symbols: tuple[str, ...] = (), **metadata: Any) -> Words:
    """Return a vocabulary as SentencePiece's: unknown, begin and end first, then bytes; then `symbols`, its maker's."""
    letters = ("▁", *(chr(i) for i in range(ord("!"), ord("~") + 1)))
    longer = tuple(left + right for left, right in MERGES)
    bytes_ = tuple(f"<0x{byte:02X}>" for byte in range(256))
    groups = [
        (("<unk>",), UNKNOWN),
        (("<s>", "</s>", *markers), CONTROL),
        (symbols, USER_DEFINED),
        (bytes_, BYTE),
        (letters, NORMAL),
        (longer, NORMAL),
    ]
    tokens = tuple(token for group, _ in groups for token in group)
    kinds = tuple(kind for group, kind in groups for _ in group)
    scores = [0.0] * (len(tokens) - len(longer)) + [-float(rank + 1) for rank in range(len(longer))]
    return Words(
        tokens,
        kinds,
        {
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.scores": scores,
            "tokenizer.ggml.bos_token_id": 1,
            "tokenizer.ggml.eos_token_id": 2,
            "tokenizer.ggml.unknown_token_id": 0,
            "tokenizer.ggml.add_bos_token": True,
            **metadata,
        },
    )


def write_model(path: Path, architecture: str, name: str, words: Words, seed: int = 1) -> Path:
    """Write a model of one of llama.cpp's architectures."""
    dice = np.random.default_rng(seed)
    tensors = {
        key: np.ones(shape, np.float32)
        if key.endswith("norm.weight")
        else dice.normal(0, shape[-1] ** -0.5, shape).astype(np.float32)
        for key, shape in _shapes(architecture, len(words.tokens)).items()
    }
    metadata = {
        "general.architecture": architecture,
        "general.name": name,
        **{f"{architecture}.{key}": value for key, value in _hyperparameters(architecture).items()},
        "tokenizer.ggml.tokens": list(words.tokens),
        "tokenizer.ggml.token_type": list(words.kinds),
        **words.metadata,
    }
    path.write_bytes(_gguf(metadata, tensors))
    return path


def _hyperparameters(architecture: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "block_count": LAYERS,
        "context_length": N_CTX,
        "embedding_length": WIDTH,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV_HEADS,
        "attention.layer_norm_rms_epsilon": 1e-6,
        "attention.layer_norm_epsilon": 1e-5,
        "attention.key_length": HEAD,
        "attention.value_length": HEAD,
        "rope.dimension_count": HEAD,
        "rope.freq_base": 10000.0,
    }
    if architecture == "granite":
        values |= {"attention.scale": 0.25, "embedding_scale": 1.0, "residual_scale": 1.0, "logit_scale": 1.0}
    if architecture == "deepseek2":
        values |= {
            "attention.head_count_kv": HEADS,
            "attention.q_lora_rank": QUERY_RANK,
            "attention.kv_lora_rank": LATENT,
            "attention.key_length": HEAD + ROTARY,
            "rope.dimension_count": ROTARY,
            "leading_dense_block_count": LAYERS,
            "expert_count": EXPERTS,
            "expert_used_count": 2,
            "expert_shared_count": 1,
            "expert_feed_forward_length": FEED_FORWARD,
        }
    if architecture == "mellum":
        values |= {
            "expert_count": EXPERTS,
            "expert_used_count": 2,
            "expert_feed_forward_length": FEED_FORWARD,
            "attention.sliding_window": 1024,
            "attention.sliding_window_pattern": [True, False],
        }
    return values


def _shapes(architecture: str, words: int) -> dict[str, tuple[int, ...]]:
    """Tensors by name, in numpy's order of dimensions."""
    kv = HEAD * KV_HEADS
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (words, WIDTH), "output_norm.weight": (WIDTH,)}
    if architecture != "gemma":  # Gemma uses its embeddings twice.
        shapes["output.weight"] = (words, WIDTH)
    for layer in range(LAYERS):
        block: dict[str, tuple[int, ...]] = {
            "attn_norm.weight": (WIDTH,),
            "attn_output.weight": (WIDTH, WIDTH),
            "ffn_norm.weight": (WIDTH,),
        }
        if architecture == "deepseek2":
            block |= {
                "attn_q_a.weight": (QUERY_RANK, WIDTH),
                "attn_q_a_norm.weight": (QUERY_RANK,),
                "attn_q_b.weight": (HEADS * (HEAD + ROTARY), QUERY_RANK),
                "attn_kv_a_mqa.weight": (LATENT + ROTARY, WIDTH),
                "attn_kv_a_norm.weight": (LATENT,),
                "attn_kv_b.weight": (2 * WIDTH, LATENT),
            }
        else:
            block |= {"attn_q.weight": (WIDTH, WIDTH), "attn_k.weight": (kv, WIDTH), "attn_v.weight": (kv, WIDTH)}
        if architecture == "mellum":
            block |= {
                "attn_q_norm.weight": (HEAD,),
                "attn_k_norm.weight": (HEAD,),
                "ffn_gate_inp.weight": (EXPERTS, WIDTH),
                "ffn_gate_exps.weight": (EXPERTS, FEED_FORWARD, WIDTH),
                "ffn_up_exps.weight": (EXPERTS, FEED_FORWARD, WIDTH),
                "ffn_down_exps.weight": (EXPERTS, WIDTH, FEED_FORWARD),
            }
        else:
            block |= {"ffn_up.weight": (FEED_FORWARD, WIDTH), "ffn_down.weight": (WIDTH, FEED_FORWARD)}
            if architecture != "starcoder2":
                block["ffn_gate.weight"] = (FEED_FORWARD, WIDTH)
        if architecture in ("qwen2", "starcoder2"):
            block |= {"attn_q.bias": (WIDTH,), "attn_k.bias": (kv,), "attn_v.bias": (kv,)}
        if architecture == "starcoder2":
            block |= {"attn_norm.bias": (WIDTH,), "attn_output.bias": (WIDTH,), "ffn_norm.bias": (WIDTH,)}
            block |= {"ffn_up.bias": (FEED_FORWARD,), "ffn_down.bias": (WIDTH,)}
        shapes |= {f"blk.{layer}.{key}": shape for key, shape in block.items()}
    if architecture == "starcoder2":
        shapes["output_norm.bias"] = (WIDTH,)
    return shapes


ALIGNMENT = 32
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9


def _gguf(metadata: dict[str, Any], tensors: Tensors) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    head += b"".join(_string(key) + struct.pack("<I", _kind(value)) + _value(value) for key, value in metadata.items())
    data = b""
    for name, tensor in tensors.items():
        dimensions = tensor.shape[::-1]  # GGUF names the fastest first.
        head += _string(name) + struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        head += struct.pack("<IQ", 0, len(data))
        data += _padded(tensor.tobytes())
    return _padded(head) + data


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)


def _kind(value: Any) -> int:
    if isinstance(value, list):
        return ARRAY
    return {bool: BOOL, int: UINT32, float: FLOAT32, str: STRING}[type(value)]


def _value(value: Any) -> bytes:
    match value:
        case list():
            kind = INT32 if isinstance(value[0], int) and not isinstance(value[0], bool) else _kind(value[0])
            return struct.pack("<IQ", kind, len(value)) + b"".join(map(_value, value))
        case bool():
            return struct.pack("<?", value)
        case int():
            return struct.pack("<I", value)
        case float():
            return struct.pack("<f", value)
        case _:
            return _string(value)


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _shown_bytes() -> dict[int, str]:
    """Return GPT-2's printable character for each byte."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + i) for i, byte in enumerate(others)}


SHOWN = _shown_bytes()
