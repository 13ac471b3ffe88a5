"""`python -m models.starter forms`: each quantized form's bytes, and its bits per byte on the truths of the tasks."""

from collections.abc import Sequence
from pathlib import Path

from models.starter.evaluation.model import StarterModel
from models.starter.evaluation.product import Product
from models.starter.evaluation.tasks import Task


def compare_forms(files: Sequence[Path], tasks: Sequence[Task]) -> dict[str, dict[str, float]]:
    """By file name: its size, and the mean cost of the truths, over the tasks that fit the window.

    All get the prompts that the product makes for the first of them: their vocabularies are the same.
    """
    answers = Product(tasks).ask(files[0], budget=0, is_anchored=False) if files else {}
    compared = {}
    for file in files:
        model = StarterModel(file)
        costs = [(model.truth_bits(answers[task.id].prompt, "", task.truth), task) for task in tasks]
        costed = [(bits, task) for bits, task in costs if bits is not None]
        size = sum(len(task.truth.encode()) for _, task in costed)
        compared[file.name] = {
            "bytes": file.stat().st_size,
            "bits_per_byte": round(sum(bits for bits, _ in costed) / size, 4),
        }
    return compared
