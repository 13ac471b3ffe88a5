"""How an engine is started."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a host needs to know to load a model. 0, -1, None and "auto" leave a value to `hardware/choose.py`."""

    model_path: Path
    n_ctx: int = 4096
    """Tokens of the window (prompt and completion), lowered to what the model was trained for."""
    threads: int | None = None
    """None: one a physical core, and fewer while other processes need the cores. Never more than cores."""
    gpu_layers: int = -1
    """Layers on accelerators; -1 means as many as fit."""
    micro_batch: int = 0
    """Tokens evaluated in one call: a cancelled prefill loses at most this many."""
    kv_type: str = "auto"
    """Type of the KV cache: "f16", "q8_0" or "auto"."""
    flash_attention: str = "auto"
    """"on", "off" or "auto"."""
    sequences: int = 1
    """Places (documents, anchors in them) whose prompts the KV cache may hold at a time, all within `n_ctx` tokens;
    each slows the others' steps."""
    parking_bytes: int = 2**30
    """Main memory for the states of other places."""
    shelf: Path | None = None
    """Folder in which states are kept on disk when a client asks for it; None keeps none."""
    shelf_bytes: int = 0
    """Most bytes of them."""
    speculate: bool = True
    """Try drafts where they pay; it changes no text."""
    linger_s: float = 0.0
    """Seconds that a host stays after its last client has left."""
    several_models: bool = False
    """Allow a host beside those that run other models or with other options."""
    unload_after_s: float = 0.0
    """Seconds without a request after which the host lets go of the model, until the next one; 0 keeps it."""
    fallbacks: tuple[Path, ...] = ()
    """Smaller models to load where memory does not suffice, the first that fits."""
    sandbox: bool = True
    """Whether the host gives up the rights that it does not need."""
