"""One TOML file per form of the model (configs/): shape, samples and training together, read into frozen values."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.starter.samples.draw import Recipe
from models.starter.samples.pack import Plan

CONFIGS = Path(__file__).parent / "configs"


@dataclass(frozen=True, slots=True)
class Training:
    """How long and how fast. Steps are optimizer steps; a batch is rows."""

    steps: int
    batch_rows: int
    micro_batch_rows: int
    learning_rate: float  # of Muon, for matrices
    embedding_learning_rate: float  # of AdamW, for embeddings and norms
    warm_up_steps: int
    decay_share: float  # of the steps, at the end, over which the rate falls to zero (WSD schedule)
    weight_decay: float
    middle_weight: float  # of the loss on what is to be filled in, against 1 for what is around it
    checkpoint_minutes: float
    threads: int
    bf16: bool
    compile: bool
    device: str
    starts_at: int = 0  # the step of a file that was adopted; warm-up and decay count from there


@dataclass(frozen=True, slots=True)
class Config:
    """A form of the model."""

    name: str
    vocabulary: int
    shape: dict[str, Any]  # keyword arguments of `Shape` but the vocabulary
    samples: Plan
    training: Training


def load_config(name_or_path: str) -> Config:
    """A form by name (`cpu`) or by file. Raises FileNotFoundError with the names that there are."""
    path = Path(name_or_path) if name_or_path.endswith(".toml") else CONFIGS / f"{name_or_path}.toml"
    if not path.exists():
        names = ", ".join(sorted(file.stem for file in CONFIGS.glob("*.toml")))
        raise FileNotFoundError(f"no config {name_or_path!r}: choose one of {names}")
    fields = tomllib.loads(path.read_text(encoding="utf-8"))
    samples = dict(fields["samples"])
    plan = Plan(recipe=Recipe(**samples.pop("recipe")), **samples)
    return Config(path.stem, fields["vocabulary"], fields["shape"], plan, Training(**fields["training"]))
