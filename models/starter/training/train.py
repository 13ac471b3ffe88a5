"""`python -m models.starter train`: rows to a checkpoint. Stops and resumes at any step; a stop signal saves first.

WORK/<config>/checkpoint.pt holds weights, optimizers and the step; loss.csv one line every few steps. The order of
the rows
depends only on seed and step, so a resumed run is the same run.
"""

import csv
import math
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from models.starter.config import Config
from models.starter.samples.pack import read_rows
from models.starter.training.network import Network, Shape
from models.starter.training.optimizers import make_optimizers, rate_share, set_rates
from torch import Tensor

LOG_STEPS = 10  # between lines of loss.csv
HELD_OUT_EVERY = 200  # steps
GRADIENT_NORM = 1.0
IGNORED = -100


def train(
    config: Config,
    rows_folder: Path,
    folder: Path,
    steps: int | None = None,
    minutes: float = math.inf,
    decay_from: Path | None = None,
) -> Path:
    """Train to `steps` (the config's where not given) or until `minutes` are over; return the checkpoint's path in
    `folder`.

    `decay_from` starts from another run's checkpoint and lets the rate fall from there on to the end: a WSD branch, by
    which a long run ships a model at any time and goes on.
    """
    training = config.training
    steps = steps or training.steps
    torch.set_num_threads(training.threads)
    torch.manual_seed(config.samples.seed)
    shape = Shape(vocabulary=config.vocabulary, **config.shape)
    network = Network(shape).to(training.device)
    optimizers = make_optimizers(network, training)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / "checkpoint.pt"
    resumed = checkpoint if checkpoint.exists() else decay_from
    step = load_checkpoint(resumed, network, optimizers) if resumed else 0
    branch_start = torch.load(decay_from, weights_only=True)["step"] if decay_from else None
    rows = Rows(rows_folder, config.samples.length, training.batch_rows, config.samples.seed)
    evaluated = torch.compile(network.loss_weighted) if training.compile else network.loss_weighted
    stop = _StopRequest()
    deadline = time.monotonic() + minutes * 60
    saved_at = started_at = time.monotonic()
    tokens_since, losses = 0, []
    with (folder / "loss.csv").open("a", newline="", encoding="utf-8") as log_file:
        log = csv.writer(log_file)
        while step < steps and not stop.asked and time.monotonic() < deadline:
            if branch_start is not None:
                share = (steps - step) / max(1, steps - branch_start)
            else:
                first = training.starts_at
                share = rate_share(step - first, steps - first, training.warm_up_steps, training.decay_share)
            set_rates(optimizers, training, share)
            batch = rows.batch(step)
            losses.append(_one_step(evaluated, network, optimizers, batch, config))
            step += 1
            tokens_since += batch.shape[0] * config.samples.length
            if step % LOG_STEPS == 0 or step == steps:
                held = (
                    held_out_loss(network, rows.held_out, config)
                    if step % HELD_OUT_EVERY == 0 or step == steps
                    else None
                )
                now = time.monotonic()
                log.writerow(
                    [
                        step,
                        f"{sum(losses) / len(losses):.4f}",
                        "" if held is None else f"{held:.4f}",
                        f"{share:.3f}",
                        f"{tokens_since / (now - started_at):.0f}",
                    ]
                )
                log_file.flush()
                losses, tokens_since, started_at = [], 0, now
            if time.monotonic() - saved_at > training.checkpoint_minutes * 60:
                save_checkpoint(checkpoint, network, optimizers, step)
                saved_at = time.monotonic()
    save_checkpoint(checkpoint, network, optimizers, step)
    return checkpoint


class Rows:
    """Training rows in an order that depends on seed and epoch only."""

    def __init__(self, folder: Path, length: int, batch_rows: int, seed: int) -> None:
        shards = sorted(folder.glob("train-*.bin"), key=lambda path: int(path.stem.split("-")[1]))
        if not shards:
            raise FileNotFoundError(f"no train-*.bin in {folder}: run the samples step first")
        self._shards = [read_rows(path, length) for path in shards]
        self._ends = np.cumsum([len(shard) for shard in self._shards])
        self._batch_rows, self._seed = batch_rows, seed
        self.held_out = read_rows(folder / "held-out.bin", length)

    def batch(self, step: int) -> np.ndarray:
        """The rows of a step: shape (batch, length + 1)."""
        total = int(self._ends[-1])
        chosen = []
        for position in range(step * self._batch_rows, (step + 1) * self._batch_rows):
            epoch, place = divmod(position, total)
            chosen.append(self._row(int(self._order(epoch, total)[place])))
        return np.stack(chosen)

    def _row(self, number: int) -> np.ndarray:
        shard = int(np.searchsorted(self._ends, number, side="right"))
        return self._shards[shard][number - (int(self._ends[shard - 1]) if shard else 0)]

    def _order(self, epoch: int, total: int) -> np.ndarray:
        if getattr(self, "_ordered_epoch", None) != epoch:
            self._ordered_epoch, self._permutation = (
                epoch,
                np.random.default_rng((self._seed & 0xFFFF, epoch)).permutation(total),
            )
        return self._permutation


def targets_and_weights(rows: Tensor, config: Config) -> tuple[Tensor, Tensor]:
    """(ids to predict, IGNORED for padding; weight of each), both of shape (batch, length).

    What is between <fim_end> and EOS weighs `middle_weight`.
    """
    eos, end = config.vocabulary - 4, config.vocabulary - 1  # by the order of SPECIAL_TOKENS
    inputs, targets = rows[:, :-1], rows[:, 1:].clone()
    # Inside a middle: an <fim_end> has been read, and no EOS since.
    places = torch.arange(inputs.shape[1], device=rows.device).expand_as(inputs)
    last_end = torch.where(inputs == end, places, -1).cummax(dim=1).values
    last_eos = torch.where(inputs == eos, places, -1).cummax(dim=1).values
    weights = torch.where(last_end > last_eos, config.training.middle_weight, 1.0)
    targets[(inputs == eos) & (targets == eos)] = IGNORED
    return targets, weights


@torch.no_grad()
def held_out_loss(network: Network, rows: np.ndarray, config: Config) -> float:
    """Mean nats a token over rows of projects that are never trained on; every token weighs the same."""
    total = count = 0.0
    for start in range(0, len(rows), config.training.micro_batch_rows):
        ids = torch.from_numpy(rows[start : start + config.training.micro_batch_rows].astype(np.int64)).to(
            config.training.device
        )
        targets, _ = targets_and_weights(ids, config)
        with torch.autocast(config.training.device, torch.bfloat16, enabled=config.training.bf16):
            logits = network(ids[:, :-1])
        total += F.cross_entropy(
            logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        ).item()
        count += (targets != IGNORED).sum().item()
    return total / count


def save_checkpoint(path: Path, network: Network, optimizers: list[torch.optim.Optimizer], step: int) -> None:
    """Written beside and moved into place: a kill in the middle loses nothing."""
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "step": step,
            "weights": network.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
        },
        partial,
    )
    partial.replace(path)


def load_checkpoint(path: Path, network: Network, optimizers: list[torch.optim.Optimizer]) -> int:
    """Restore everything and return the step."""
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["weights"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    step: int = state["step"]
    return step


def _one_step(
    loss_of: Callable[[Tensor, Tensor, Tensor], Tensor],
    network: Network,
    optimizers: list[torch.optim.Optimizer],
    batch: np.ndarray,
    config: Config,
) -> float:
    training = config.training
    ids = torch.from_numpy(batch.astype(np.int64)).to(training.device)
    parts = ids.split(training.micro_batch_rows)
    total = 0.0
    for part in parts:
        targets, weights = targets_and_weights(part, config)
        with torch.autocast(training.device, torch.bfloat16, enabled=training.bf16):
            loss = loss_of(part[:, :-1], targets, weights) / len(parts)
        loss.backward()
        total += loss.item()
    torch.nn.utils.clip_grad_norm_(network.parameters(), GRADIENT_NORM)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return total


class _StopRequest:
    """SIGTERM and SIGINT ask for a stop after the current step; SIGSTOP and SIGCONT need no care."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True
