"""How an engine is started."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a host needs to load a model. 0, -1, None and "auto" leave a value to `hardware/choose.py`."""

    model_path: Path
    """The GGUF file."""
    n_ctx: int = 4096
    """Tokens of the context window (prompt and completion), lowered to what the model was trained for."""
    threads: int | None = None
    """Threads that compute. None: one for each physical core, and fewer while other processes need the cores."""
    gpu_layers: int = -1
    """Layers on accelerators; -1 means as many as fit."""
    micro_batch: int = 0
    """Tokens evaluated in one call: a cancelled prefill loses at most this many."""
    kv_type: str = "auto"
    """Type of the KV cache: "f16", "q8_0" or "auto"."""
    flash_attention: str = "auto"
    """"on", "off" or "auto"."""
    sequences: int = 1
    """The number of prompts that the KV cache may hold at a time, one for each document and anchor, all within `n_ctx`
    tokens. Each slows the steps of the others."""
    memory_store_bytes: int = 2**30
    """Bytes of main memory for KV states that were evicted from the KV cache."""
    kv_folder: Path | None = None
    """Folder in which KV states are persisted when a client asks for it; None persists none."""
    kv_folder_bytes: int = 0
    """The maximum number of bytes that persisted KV states take on disk."""
    speculate: bool = True
    """Whether prompt lookup drafts tokens where that pays; it changes no text."""
    linger_s: float = 0.0
    """Seconds that a host stays after its last client has left."""
    several_models: bool = False
    """Whether this host may run beside hosts of other models or with other options."""
    unload_after_s: float = 0.0
    """Seconds without a request after which the host unloads the model until the next one; 0 keeps it loaded."""
    fallbacks: tuple[Path, ...] = ()
    """Smaller models to load where memory does not suffice, the first that fits."""
    sandbox: bool = True
    """Whether the host gives up the rights that it does not need."""
