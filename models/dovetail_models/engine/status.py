"""What an engine host reports about itself."""

from dataclasses import dataclass
from typing import Literal

from dovetail_models.engine.speed import Speed
from dovetail_models.hardware.choose import Choice
from dovetail_models.hardware.machine import Accelerator

EngineState = Literal["stopped", "starting", "loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The state of an engine and, once a model is loaded, what it runs."""

    state: EngineState
    """How far the engine is."""
    message: str = ""
    """What is wrong and what to do, when `state` is "failed"."""
    model: str = ""
    """The model's name."""
    description: str = ""
    """llama.cpp's own description of the model ("llama 1B Q8_0")."""
    n_ctx: int = 0
    """Tokens of the context window."""
    threads: int = 0
    """Threads that compute when other processes leave the cores free."""
    pid: int | None = None
    """The host's process."""
    load_ms: float = 0.0
    """How long loading took."""
    build: str = ""
    """Features that llama.cpp was built with."""
    devices: tuple[str, ...] = ()
    """Accelerators in use."""
    weights_bytes: int = 0
    """Size of the weights."""
    cache_bytes: int = 0
    """Size of the KV cache for a full window."""
    prefill_tokens_s: float = 0.0
    """Prompt tokens evaluated in a second: measured at load, kept current."""
    decode_ms: float = 0.0
    """Milliseconds for each generated token: measured at load, kept current."""
    format: str = ""
    """Family of the model's prompts (`prompt/formats/`)."""
    frozen_anchor: bool = True
    """Whether the typed text follows the last marker of the prompt."""
    advice: str = ""
    """A line about a model that may be a poor choice; empty for others."""
    notice: str = ""
    """A line that the user should see once, whatever the state."""
    loaded: float = 0.0
    """Share of the weights that are loaded, while `state` is "loading"."""
    choices: tuple[Choice, ...] = ()
    """How the model was loaded, each value with its reason."""
    steps: tuple[str, ...] = ()
    """What was reduced for lack of memory, a line each."""
    predicted_bytes: int = 0
    """Main memory that the host was expected to take."""
    accelerators: tuple[Accelerator, ...] = ()
    """Those that llama.cpp lists, in use or not."""
    offloaded_states: int = 0
    """KV states that are offloaded to main memory."""
    offloaded_bytes: int = 0
    """Main memory that they take."""
    sandboxed: tuple[str, ...] = ()
    """Rights that the host has given up, a line each."""
    unsandboxed: tuple[str, ...] = ()
    """Rights that it could not give up, each with the reason."""
    model_key: str = ""
    """A name for what the model's file holds (`files.model_key`); empty for a server's model."""

    @property
    def speed(self) -> Speed:
        """Return the measured speed, from which `latency_budget` follows."""
        return Speed(self.prefill_tokens_s, self.decode_ms)

    @property
    def memory_bytes(self) -> int:
        """Return the size of weights and KV cache together, in bytes."""
        return self.weights_bytes + self.cache_bytes
