"""The progress of the engine's thread, from which others can see whether it still advances."""

from dataclasses import dataclass


@dataclass(slots=True)
class Progress:
    """A number that grows while a model is loaded, and with each micro-batch.

    Written by the engine's thread, read by the event loop.
    """

    count: int = 0
    loaded: float = 0.0
    """Share of the model's weights that are loaded."""

    def step(self) -> None:
        """Count one more finished step."""
        self.count += 1

    def load(self, share: float) -> None:
        """Record the share of the weights that is loaded."""
        self.loaded = share
        self.step()
