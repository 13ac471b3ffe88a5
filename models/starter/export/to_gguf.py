"""A checkpoint to a GGUF file of llama.cpp's `llama` architecture, with DeepSeek-Coder's tokenizer metadata. No
quantization here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import torch
from models.starter.tokenizer import BOS, EOS, FIM_BEGIN, FIM_END, FIM_HOLE, SPECIAL_TOKENS, special_ids
from models.starter.training.network import Shape
from tokenizers import Tokenizer
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the file says about itself."""

    name: str
    version: str
    description: str
    manifest_sha256: str
    tokens_seen: int


def write_gguf(
    weights: Mapping[str, Tensor], shape: Shape, tokenizer: Tokenizer, provenance: Provenance, path: Path
) -> None:
    """Write an F32 file: the exact form, against which quantized ones are measured. Embeddings are tied, so
    `output.weight` is absent."""
    writer = gguf.GGUFWriter(path, "llama")
    _write_description(writer, provenance)
    _write_shape(writer, shape)
    _write_vocabulary(writer, tokenizer)
    for name, tensor in _tensors(weights, shape):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_description(writer: gguf.GGUFWriter, provenance: Provenance) -> None:
    writer.add_name(provenance.name)
    writer.add_version(provenance.version)
    writer.add_description(provenance.description)
    writer.add_license("MIT")
    writer.add_string("dovetail.training_manifest_sha256", provenance.manifest_sha256)
    writer.add_uint64("dovetail.tokens_seen", provenance.tokens_seen)


def _write_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)


def _write_vocabulary(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    described = json.loads(tokenizer.to_str())["model"]
    ordered = sorted(described["vocab"], key=described["vocab"].__getitem__)
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in described["merges"]]
    kinds = {BOS: gguf.TokenType.CONTROL, EOS: gguf.TokenType.CONTROL}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("deepseek-coder")
    writer.add_token_list([*ordered, *SPECIAL_TOKENS])
    writer.add_token_types(
        [gguf.TokenType.NORMAL] * len(ordered)
        + [kinds.get(name, gguf.TokenType.USER_DEFINED) for name in SPECIAL_TOKENS]
    )
    writer.add_token_merges(merges)
    ids = special_ids(tokenizer)
    writer.add_bos_token_id(ids[BOS])
    writer.add_eos_token_id(ids[EOS])
    writer.add_pad_token_id(ids[EOS])
    writer.add_uint32("tokenizer.ggml.fim_pre_token_id", ids[FIM_BEGIN])
    writer.add_uint32("tokenizer.ggml.fim_suf_token_id", ids[FIM_HOLE])
    writer.add_uint32("tokenizer.ggml.fim_mid_token_id", ids[FIM_END])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)


def _tensors(weights: Mapping[str, Tensor], shape: Shape) -> list[tuple[str, np.ndarray]]:
    tensors = [("token_embd.weight", weights["embedding.weight"]), ("output_norm.weight", weights["final_norm.weight"])]
    for layer in range(shape.layers):
        ours, theirs = f"blocks.{layer}.", f"blk.{layer}."
        tensors += [
            (theirs + "attn_norm.weight", weights[ours + "attention_norm.weight"]),
            (theirs + "attn_q.weight", _neighbours_paired(weights[ours + "query.weight"], shape.heads)),
            (theirs + "attn_k.weight", _neighbours_paired(weights[ours + "key.weight"], shape.kv_heads)),
            (theirs + "attn_v.weight", weights[ours + "value.weight"]),
            (theirs + "attn_output.weight", weights[ours + "output.weight"]),
            (theirs + "ffn_norm.weight", weights[ours + "feed_forward_norm.weight"]),
            (theirs + "ffn_gate.weight", weights[ours + "gate.weight"]),
            (theirs + "ffn_up.weight", weights[ours + "up.weight"]),
            (theirs + "ffn_down.weight", weights[ours + "down.weight"]),
        ]
    return [(name, tensor.detach().to(torch.float32).contiguous().numpy()) for name, tensor in tensors]


def _neighbours_paired(weight: Tensor, heads: int) -> Tensor:
    """Rows reordered so that rotary pairs are neighbours (llama.cpp's form) rather than half a head apart (ours)."""
    rows, columns = weight.shape
    return weight.view(heads, 2, rows // heads // 2, columns).transpose(1, 2).reshape(rows, columns)
