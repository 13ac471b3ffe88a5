"""What an engine host can tell about itself."""

from dataclasses import dataclass
from typing import Literal

from dovetail_models.engine.speed import Speed
from dovetail_models.hardware.choose import Choice
from dovetail_models.hardware.machine import Accelerator

EngineState = Literal["stopped", "starting", "loading", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The state of an engine and, once a model is loaded, what it runs.

    `message` says what is wrong when `state` is "failed". `description` is llama.cpp's own ("llama 1B Q8_0"), `build`
    its compiled-in features, `devices` the accelerators in use. Sizes are in bytes: `weights_bytes` of the model,
    `cache_bytes` of the KV cache at full window. `prefill_tokens_s` is the number of tokens of a prompt that are read
    in a second, `decode_ms` what each written token takes: measured at load, kept current. `format` is the family of
    its prompts (`prompt/formats/`), `frozen_anchor` whether what was typed follows the last marker there. `advice` is
    a line about a model that may be a poor choice, empty for others. `notice` is a line that the user should see
    once, whatever the state.
    """

    state: EngineState
    message: str = ""
    model: str = ""
    description: str = ""
    n_ctx: int = 0
    threads: int = 0
    pid: int | None = None
    load_ms: float = 0.0
    build: str = ""
    devices: tuple[str, ...] = ()
    weights_bytes: int = 0
    cache_bytes: int = 0
    prefill_tokens_s: float = 0.0
    decode_ms: float = 0.0
    format: str = ""
    frozen_anchor: bool = True
    advice: str = ""
    notice: str = ""
    loaded: float = 0.0
    """Share of the weights that are loaded, while `state` is "loading"."""
    choices: tuple[Choice, ...] = ()
    """How the model was loaded, each value with its reason."""
    steps: tuple[str, ...] = ()
    """What gave way for lack of memory, a line each."""
    predicted_bytes: int = 0
    """Main memory that the host was expected to take."""
    accelerators: tuple[Accelerator, ...] = ()
    """Those that llama.cpp lists, in use or not."""
    parked_states: int = 0
    """KV states of other places in main memory."""
    parked_bytes: int = 0
    sandboxed: tuple[str, ...] = ()
    """Which rights the host has given up, a line each."""
    unsandboxed: tuple[str, ...] = ()
    """Which it could not give up, and why."""

    @property
    def speed(self) -> Speed:
        """For `budget.latency_budget`."""
        return Speed(self.prefill_tokens_s, self.decode_ms)

    @property
    def memory_bytes(self) -> int:
        """Weights and KV cache together, in bytes."""
        return self.weights_bytes + self.cache_bytes
