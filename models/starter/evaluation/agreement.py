"""`python -m models.starter agree`: the largest difference between PyTorch's and llama.cpp's logits."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from models.starter.config import Config
from models.starter.evaluation.model import StarterModel
from models.starter.training.network import Network, Shape


def largest_logit_difference(config: Config, checkpoint: Path, gguf: Path, texts: Sequence[str]) -> float:
    """Over every position of every text; llama.cpp keeps its KV cache in 16-bit floats, so it is not zero."""
    network = Network(Shape(vocabulary=config.vocabulary, **config.shape))
    network.load_state_dict(torch.load(checkpoint, weights_only=True, map_location="cpu")["weights"])
    model = StarterModel(gguf)
    largest = 0.0
    for text in texts:
        ids = [model.plain_vocabulary, *model.tokens(text)][: model.window]
        with torch.no_grad():
            ours = network(torch.tensor([ids]))[0].numpy()
        largest = max(largest, float(np.abs(ours - model.logits(ids)).max()))
    return largest
