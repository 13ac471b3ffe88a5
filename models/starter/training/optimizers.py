"""The optimizers and their schedule: Muon for matrices, AdamW for the rest, warm-up then constant then decay (WSD)."""

import torch
from models.starter.config import Training
from torch import nn

MUON_MOMENTUM = 0.95
ADAM_BETAS = (0.9, 0.98)


def make_optimizers(network: nn.Module, training: Training) -> list[torch.optim.Optimizer]:
    """Muon (K. Jordan 2024) for the weights of the blocks, AdamW for embedding and norms."""
    matrices = [tensor for name, tensor in network.named_parameters() if tensor.ndim == 2 and "embedding" not in name]
    rest = [tensor for name, tensor in network.named_parameters() if tensor.ndim != 2 or "embedding" in name]
    return [
        torch.optim.Muon(
            matrices,
            lr=training.learning_rate,
            momentum=MUON_MOMENTUM,
            weight_decay=training.weight_decay,
            adjust_lr_fn="original",
        ),
        torch.optim.AdamW(rest, lr=training.embedding_learning_rate, betas=ADAM_BETAS, weight_decay=0.0),
    ]


def rate_share(step: int, steps: int, warm_up: int, decay_share: float) -> float:
    """The share of the full learning rate at a step: rises over `warm_up`, stays, falls to zero over the last
    `decay_share`."""
    if step < warm_up:
        return (step + 1) / warm_up
    decay_begins = steps * (1 - decay_share)
    if step < decay_begins:
        return 1.0
    return max(0.0, (steps - step) / max(1.0, steps - decay_begins))


def set_rates(optimizers: list[torch.optim.Optimizer], training: Training, share: float) -> None:
    """Give every optimizer its rate for this step."""
    for optimizer, full in zip(optimizers, (training.learning_rate, training.embedding_learning_rate), strict=True):
        for group in optimizer.param_groups:
            group["lr"] = full * share
