"""The network: a Llama (RMSNorm, rotary positions, SwiGLU, tied embeddings), as llama.cpp's `llama` architecture
computes it.

Rotary positions pair the two halves of a head (as in Hugging Face's Llama); the export permutes rows for llama.cpp,
which pairs neighbours.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that fixes the network's tensors."""

    vocabulary: int
    layers: int
    width: int
    feed_forward: int
    heads: int
    kv_heads: int
    context: int
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-6

    @property
    def head(self) -> int:
        """Dimensions of one attention head."""
        return self.width // self.heads

    def parameters(self) -> tuple[int, int]:
        """(in the embedding, in everything else)."""
        attention = self.width * self.head * (2 * self.heads + 2 * self.kv_heads)
        layer = attention + 3 * self.width * self.feed_forward + 2 * self.width
        return self.vocabulary * self.width, self.layers * layer + self.width


class Block(nn.Module):
    """Attention and feed-forward, each behind a norm and added to the stream."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head = shape.heads, shape.kv_heads, shape.head
        self.attention_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.query = nn.Linear(shape.width, shape.heads * shape.head, bias=False)
        self.key = nn.Linear(shape.width, shape.kv_heads * shape.head, bias=False)
        self.value = nn.Linear(shape.width, shape.kv_heads * shape.head, bias=False)
        self.output = nn.Linear(shape.heads * shape.head, shape.width, bias=False)
        self.feed_forward_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.gate = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, stream: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        batch, length, _ = stream.shape
        normed = self.attention_norm(stream)
        query = self.query(normed).view(batch, length, self.heads, self.head).transpose(1, 2)
        key = self.key(normed).view(batch, length, self.kv_heads, self.head).transpose(1, 2)
        value = self.value(normed).view(batch, length, self.kv_heads, self.head).transpose(1, 2)
        query, key = _rotate(query, cosine, sine), _rotate(key, cosine, sine)
        attended = F.scaled_dot_product_attention(
            query, key, value, is_causal=True, enable_gqa=self.heads != self.kv_heads
        )
        stream = stream + self.output(attended.transpose(1, 2).reshape(batch, length, -1))
        normed = self.feed_forward_norm(stream)
        return stream + self.down(F.silu(self.gate(normed)) * self.up(normed))


class Network(nn.Module):
    """Token ids of shape (batch, length) to logits of shape (batch, length, vocabulary)."""

    cosine: Tensor
    sine: Tensor

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.final_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        frequencies = shape.rope_base ** (-torch.arange(0, shape.head, 2).float() / shape.head)
        angles = torch.outer(torch.arange(shape.context).float(), frequencies)
        self.register_buffer("cosine", angles.cos(), persistent=False)
        self.register_buffer("sine", angles.sin(), persistent=False)
        self._initialise()

    def forward(self, ids: Tensor) -> Tensor:
        return F.linear(self.hidden(ids), self.embedding.weight)

    def hidden(self, ids: Tensor) -> Tensor:
        """What the output projection sees: shape (batch, length, width)."""
        length = ids.shape[1]
        stream = self.embedding(ids)
        for block in self.blocks:
            stream = block(stream, self.cosine[:length], self.sine[:length])
        normed: Tensor = self.final_norm(stream)
        return normed

    def loss_weighted(self, ids: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """Weighted mean cross-entropy in nats over the targets that are not -100."""
        logits = self(ids)
        losses = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=-100, reduction="none")
        weights = weights.flatten() * (targets.flatten() != -100)
        return (losses * weights).sum() / weights.sum()

    def _initialise(self) -> None:
        deviation = self.shape.width**-0.5
        nn.init.normal_(self.embedding.weight, std=0.02)
        for block in self.blocks:
            assert isinstance(block, Block)
            for layer in (block.query, block.key, block.value, block.gate, block.up):
                nn.init.normal_(layer.weight, std=deviation)
            # What is added to the stream starts small, so that depth does not scale it.
            for layer in (block.output, block.down):
                nn.init.normal_(layer.weight, std=deviation * (2 * self.shape.layers) ** -0.5)


def _rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = heads.chunk(2, dim=-1)
    cosine, sine = cosine.to(heads.dtype), sine.to(heads.dtype)
    return torch.cat((first * cosine - second * sine, second * cosine + first * sine), dim=-1)
