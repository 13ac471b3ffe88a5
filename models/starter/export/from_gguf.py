"""A GGUF file of ours back to what training goes on from: the tokenizer and a checkpoint. The way back of `to_gguf`.

Optimizer states are not in a GGUF file, and quantized weights come back rounded: a run that goes on from here warms up
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
from models.starter.tokenizer import SPECIAL_TOKENS, tokenizer_of
from models.starter.training.network import Shape
from tokenizers import Tokenizer
from torch import Tensor

_IN_LAYER = {
    "attn_norm": "attention_norm",
    "attn_q": "query",
    "attn_k": "key",
    "attn_v": "value",
    "attn_output": "output",
    "ffn_norm": "feed_forward_norm",
    "ffn_gate": "gate",
    "ffn_up": "up",
    "ffn_down": "down",
}


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a file holds for training."""

    weights: dict[str, Tensor]
    tokenizer: Tokenizer
    tokens_seen: int


def read_gguf(path: Path, shape: Shape) -> Adopted:
    """Read a file that `write_gguf` wrote, quantized or not. Raises ValueError where it has another shape."""
    reader = gguf.GGUFReader(path)
    tensors = {tensor.name: tensor for tensor in reader.tensors}

    def weight(name: str) -> Tensor:
        stored = tensors[f"{name}.weight"]
        return torch.from_numpy(gguf.quants.dequantize(stored.data, stored.tensor_type).astype(np.float32).copy())

    weights = {"embedding.weight": weight("token_embd"), "final_norm.weight": weight("output_norm")}
    for layer in range(shape.layers):
        for theirs, ours in _IN_LAYER.items():
            value = weight(f"blk.{layer}.{theirs}")
            if theirs in ("attn_q", "attn_k"):
                value = _halves_paired(value, shape.heads if theirs == "attn_q" else shape.kv_heads)
            weights[f"blocks.{layer}.{ours}.weight"] = value
    found = tuple(weights["embedding.weight"].shape)
    if found != (shape.vocabulary, shape.width) or f"blk.{shape.layers}.attn_q.weight" in tensors:
        raise ValueError(f"{path} has another shape than the config: its embedding is {found}")
    tokens = _strings(reader, "tokenizer.ggml.tokens")[: -len(SPECIAL_TOKENS)]
    tokenizer = tokenizer_of(tokens, _strings(reader, "tokenizer.ggml.merges"))
    seen = reader.fields["dovetail.tokens_seen"]
    return Adopted(weights, tokenizer, int(seen.parts[seen.data[0]][0]))


def _strings(reader: gguf.GGUFReader, name: str) -> Sequence[str]:
    field = reader.fields[name]
    return [bytes(field.parts[part]).decode() for part in field.data]


def _halves_paired(weight: Tensor, heads: int) -> Tensor:
    """The inverse of `to_gguf._neighbours_paired`."""
    rows, columns = weight.shape
    return weight.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)
