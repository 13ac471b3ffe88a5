"""How an engine is started."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a host needs to know to load a model.

    `n_ctx` is the window in tokens (prompt and completion), lowered to what the model was trained for. `threads` None
    means one a physical core, and fewer while other processes need the cores; a number stands. There are never more
    than cores. `gpu_layers` -1 means as many as fit where llama.cpp was
    built for a GPU. `micro_batch` is the number of tokens evaluated in one call: a cancelled prefill loses at most so
    many. `sequences` is the number of places (documents, anchors in them) whose prompts the KV cache may hold at a
    time, all within `n_ctx` tokens; each slows the others' steps. Others are parked in at most `parking_bytes`
    of main memory; when a client says so, they are kept on disk, in at most `shelf_bytes` below the folder `shelf`, if
    one is named. `speculate` tries drafts where they pay; it changes no text. A host stays `linger_s` seconds after its
    last client has left. `several_models` allows a host beside those that run other models or with other options.
    """

    model_path: Path
    n_ctx: int = 4096
    threads: int | None = None
    gpu_layers: int = -1
    micro_batch: int = 128
    sequences: int = 1
    parking_bytes: int = 2**30
    shelf: Path | None = None
    shelf_bytes: int = 0
    speculate: bool = True
    linger_s: float = 0.0
    several_models: bool = False
