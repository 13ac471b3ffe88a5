"""The sizes of a model that memory and speed follow from. Pure: a header's values in, a `ModelShape` out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LAYER = re.compile(r"blk\.(\d+)\.")

MAX_LAYERS = 4096
"""More layers than any model has."""

MAX_WIDTH = 2**20
"""More than any model's width, heads, head size or feed-forward size."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor of a file."""

    name: str
    type: str
    """ggml's name of the type, such as "q4_K"."""
    elements: int
    bytes: int
    rows: int
    """Size of the second dimension."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A model's hyper-parameters and the bytes of its parts."""

    architecture: str
    """As GGUF names it, such as "llama"."""
    name: str
    """The file's own name for the model, "" where it gives none."""
    layers: int
    embedding: int
    """Width of a token's vector."""
    feed_forward: int
    """Width inside a feed-forward layer."""
    heads: int
    """Attention heads of the widest layer."""
    kv_elements: int
    """Elements that one token takes in the KV cache, keys and values of all layers together."""
    vocabulary: int
    """Tokens."""
    trained_context: int
    """The number of tokens that the model was trained to see at once; 0 if the file does not specify it."""
    parameters: int
    """Elements of all weights."""
    layer_bytes: tuple[int, ...]
    """Bytes of the weights of each layer."""
    input_bytes: int
    """Bytes of the token embeddings."""
    output_bytes: int
    """Bytes of everything that is neither a layer nor the token embeddings."""
    matrices: tuple[tuple[str, int], ...]
    """Bytes of the matrices that are multiplied with, by type: what a processor may lay out for itself."""
    file_bytes: int

    @property
    def weights_bytes(self) -> int:
        """Return the bytes of all weights."""
        return sum(self.layer_bytes) + self.input_bytes + self.output_bytes

    @property
    def read_bytes(self) -> int:
        """Return the bytes of weights that are read for each token: all but the embeddings of other tokens."""
        return sum(self.layer_bytes) + (self.output_bytes if self._has_output else self.input_bytes)

    @property
    def multiplied_parameters(self) -> int:
        """Return the parameters that a token is multiplied with."""
        return round(self.parameters * self.read_bytes / max(self.weights_bytes, 1))

    @property
    def _has_output(self) -> bool:
        """Return whether the output has a matrix of its own; where it has none the embeddings serve."""
        return self.output_bytes > self.input_bytes // 4


def shape_of(
    values: Mapping[str, object], counts: Mapping[str, int], tensors: Sequence[Tensor], file_bytes: int
) -> ModelShape:
    """Return the shape that metadata `values`, lengths of arrays `counts` and `tensors` describe.

    Raises ValueError where a size is missing or out of range.
    """
    architecture = str(values.get("general.architecture", ""))

    def number(key: str, default: int | None, most: int = MAX_WIDTH) -> int:
        found = values.get(f"{architecture}.{key}", default)
        if isinstance(found, tuple):
            found = max(found, default=0)
        if not isinstance(found, int) or not 0 <= found <= most:
            raise ValueError(f"{key} is {found}")
        return found

    layers = number("block_count", None, MAX_LAYERS)
    embedding = number("embedding_length", None)
    heads = number("attention.head_count", 1)
    head_size = embedding // max(heads, 1)
    key = number("attention.key_length", head_size)
    value = number("attention.value_length", head_size)
    layer_bytes = [0] * layers
    rest = {"input": 0, "output": 0}
    matrices: dict[str, int] = {}
    for tensor in tensors:
        layer = _LAYER.match(tensor.name)
        is_input = tensor.name.startswith("token_embd.")
        if layer is not None and int(layer[1]) < layers:
            layer_bytes[int(layer[1])] += tensor.bytes
        else:
            rest["input" if is_input else "output"] += tensor.bytes
        if tensor.rows > 1 and not is_input:
            matrices[tensor.type] = matrices.get(tensor.type, 0) + tensor.bytes
    return ModelShape(
        architecture=architecture,
        name=str(values.get("general.name", "")),
        layers=layers,
        embedding=embedding,
        feed_forward=number("feed_forward_length", 4 * embedding),
        heads=heads,
        kv_elements=_kv_heads(values.get(f"{architecture}.attention.head_count_kv", heads), layers) * (key + value),
        vocabulary=counts.get("tokenizer.ggml.tokens", 0),
        trained_context=number("context_length", 0, 2**31),
        parameters=sum(tensor.elements for tensor in tensors),
        layer_bytes=tuple(layer_bytes),
        input_bytes=rest["input"],
        output_bytes=rest["output"],
        matrices=tuple(sorted(matrices.items())),
        file_bytes=file_bytes,
    )


def _kv_heads(found: object, layers: int) -> int:
    """Return the KV heads of all layers together: one number for all of them, or one for each."""
    numbers = found if isinstance(found, tuple) else (found,) * layers
    if not all(isinstance(number, int) and 0 <= number <= MAX_WIDTH for number in numbers) or len(numbers) > MAX_LAYERS:
        raise ValueError(f"attention.head_count_kv is {found}")
    return sum(numbers)
