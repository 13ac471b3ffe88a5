"""How far the engine's thread has come, for those who wonder whether it still gets on."""

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
        """Something is done."""
        self.count += 1

    def load(self, share: float) -> None:
        """This share of the weights is loaded."""
        self.loaded = share
        self.step()
