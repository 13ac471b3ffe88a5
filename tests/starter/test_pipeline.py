"""Every step in miniature: a corpus, a tokenizer, rows, fifty steps, a GGUF file, and a completion by llama.cpp."""

import math
from dataclasses import replace

# ruff: noqa: E402 - imports that need PyTorch follow the check for it
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install torch==2.13.0 tokenizers gguf")
pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install tokenizers")
pytest.importorskip("gguf", reason="gguf is not installed: pip install gguf")

from models.starter.config import Config, load_config
from models.starter.corpus.clean import clean_projects
from models.starter.corpus.overlap import OverlapFilter
from models.starter.corpus.projects import File, Project, save_projects
from models.starter.evaluation.agreement import largest_logit_difference
from models.starter.evaluation.model import StarterModel
from models.starter.evaluation.product import Product
from models.starter.evaluation.tasks import Task
from models.starter.export.checkpoint import export_checkpoint
from models.starter.export.quantize import quantize
from models.starter.samples.pack import held_out, read_rows, write_samples
from models.starter.tokenizer import load_tokenizer, special_ids, train_tokenizer
from models.starter.training.adopt import adopt
from models.starter.training.optimizers import rate_share
from models.starter.training.train import Rows, targets_and_weights, train

SHAPES = "".join(
    f'''class {name}(Shape):
    """A shape with {sides} sides."""

    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        return {sides} * self.side * self.height / 2


'''
    for name, sides in (("Triangle", 3), ("Square", 4), ("Pentagon", 5), ("Hexagon", 6))
)
USE = """from shapes.kinds import Triangle, Square, Pentagon, Hexagon


def total_area(count: int) -> float:
    shapes = [Triangle(1.0), Square(2.0), Pentagon(3.0), Hexagon(4.0)]
    return count * sum(shape.area() for shape in shapes)


def largest_area(count: int) -> float:
    shapes = [Square(float(number)) for number in range(count)]
    return max(shape.area() for shape in shapes)
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a work folder after every step up to the quantized file."""
    folder = tmp_path_factory.mktemp("starter")
    config = load_config("tiny")
    files = (File("shapes/kinds.py", SHAPES, "python"), File("shapes/use.py", USE, "python"))
    projects = [Project(name, "python", files) for name in _names()]
    # The clean step would rightly drop the second copy; the held-out rows need a separate project.
    cleaned = [clean_projects([project], OverlapFilter([]))[0][0] for project in projects]
    save_projects(cleaned, folder / "corpus.jsonl")
    train_tokenizer([SHAPES, USE], config.vocabulary).save(str(folder / f"tokenizer-{config.vocabulary}.json"))
    write_samples(folder / "corpus.jsonl", _tokenizer(folder, config), config.samples, _run(folder), processes=1)
    train(config, _run(folder), _run(folder))
    manifest = folder / "manifest.jsonl"
    manifest.write_text("{}\n")
    export_checkpoint(config, folder, _run(folder), manifest)
    quantize(_run(folder) / "model-f32.gguf", "q8_0", _run(folder) / "model-q8_0.gguf")
    return folder


@pytest.mark.xdist_group("starter")
def test_rows_are_full_and_begin_with_a_document(work: Path) -> None:
    config = load_config("tiny")
    rows = read_rows(_run(work) / "train-0.bin", config.samples.length)
    ids = special_ids(load_tokenizer(_tokenizer(work, config)))
    assert rows.shape == (config.samples.rows, config.samples.length + 1)
    assert (rows[:, 0] == ids["<｜begin▁of▁sentence｜>"]).all()
    assert int(rows.max()) < config.vocabulary


@pytest.mark.xdist_group("starter")
def test_fifty_steps_learn(work: Path) -> None:
    lines = [line.split(",") for line in (_run(work) / "loss.csv").read_text().splitlines()]
    losses = [float(line[1]) for line in lines]
    assert losses[-1] < losses[0] - 2
    assert float(lines[-1][2]) < math.log(384)  # held out: better than no knowledge


@pytest.mark.xdist_group("starter")
def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(work: Path, tmp_path: Path) -> None:
    config = load_config("tiny")
    train(config, _run(work), tmp_path / "whole", steps=6)
    train(config, _run(work), tmp_path / "parts", steps=3)
    train(config, _run(work), tmp_path / "parts", steps=6)
    whole, parts = (torch.load(tmp_path / name / "checkpoint.pt", weights_only=True) for name in ("whole", "parts"))
    # The schedule depends on the number of steps: both runs are in warm-up and plateau here, where it does not show.
    assert whole["step"] == parts["step"] == 6
    for name, tensor in whole["weights"].items():
        torch.testing.assert_close(tensor, parts["weights"][name], rtol=1e-3, atol=1e-4)


@pytest.mark.xdist_group("starter")
def test_llama_cpp_computes_what_pytorch_does(work: Path) -> None:
    config = load_config("tiny")
    difference = largest_logit_difference(
        config, _run(work) / "checkpoint.pt", _run(work) / "model-f32.gguf", [SHAPES[:300], USE[:300]]
    )
    assert difference < 0.02


@pytest.mark.xdist_group("starter")
def test_the_file_is_a_deepseek_format_model_and_completes(work: Path, tmp_path: Path) -> None:
    config = load_config("tiny")
    tokenizer = load_tokenizer(_tokenizer(work, config))
    model = StarterModel(_run(work) / "model-q8_0.gguf")
    text = 'héllo <｜fim▁hole｜> 中文 123 \t x\r\n\r\n  if a_b != "ü": # 🙂\n'
    assert model.tokens(text) == tokenizer.encode(text).ids
    assert model.plain_vocabulary == special_ids(tokenizer)["<｜begin▁of▁sentence｜>"]
    start = USE.index("range(count)")
    end = USE.index("\n", start)
    for path, source in (("kinds.py", SHAPES), ("use.py", USE)):
        (tmp_path / "shapes").mkdir(exist_ok=True)
        (tmp_path / "shapes" / path).write_text(source, encoding="utf-8")
    task = Task("t", "python", "line_rest", "shapes/use.py", USE[:start], USE[end:], USE[start:end], tmp_path)
    file = _run(work) / "model-q8_0.gguf"
    for is_anchored in (False, True):
        answer = Product([task]).ask(file, budget=60, is_anchored=is_anchored)["t"]
        forced = task.prefix[task.prefix.rfind("\n") + 1 :] if is_anchored else ""
        bits = model.truth_bits(answer.prompt, forced, task.truth)
        assert bits is not None and bits > 0 and "shapes/kinds.py" in answer.prompt


@pytest.mark.xdist_group("starter")
def test_training_goes_on_from_a_file_where_its_run_is_lost(work: Path, tmp_path: Path) -> None:
    config = load_config("tiny")
    before = torch.load(_run(work) / "checkpoint.pt", weights_only=True)
    config = replace(config, training=replace(config.training, starts_at=before["step"]))
    adopted = adopt(config, _run(work) / "model-f32.gguf", tmp_path, tmp_path / "run")
    after = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    assert adopted["step"] == after["step"] == before["step"]
    assert after["weights"].keys() == before["weights"].keys()
    assert all(torch.equal(tensor, before["weights"][name]) for name, tensor in after["weights"].items())
    known, read = (load_tokenizer(_tokenizer(folder, config)) for folder in (work, tmp_path))
    assert read.encode(USE).ids == known.encode(USE).ids
    resumed = train(config, _run(work), tmp_path / "run", before["step"] + 1)
    assert torch.load(resumed, weights_only=True)["step"] == before["step"] + 1
    with pytest.raises(FileExistsError, match="goes on from there"):
        adopt(config, _run(work) / "model-f32.gguf", tmp_path, tmp_path / "run")
    wrong = replace(config, training=replace(config.training, starts_at=7))
    with pytest.raises(ValueError, match="is at step"):
        adopt(wrong, _run(work) / "model-f32.gguf", tmp_path, tmp_path / "other")


def test_the_loss_leaves_padding_out_and_weighs_middles() -> None:
    config = load_config("tiny")
    bos, eos, hole, begin, end = range(config.vocabulary - 5, config.vocabulary)
    row = torch.tensor([[bos, begin, 1, hole, 2, end, 3, 4, eos, bos, 5, eos, eos, eos]])
    targets, weights = targets_and_weights(row, config)
    assert targets[0].tolist() == [begin, 1, hole, 2, end, 3, 4, eos, bos, 5, eos, -100, -100]
    assert weights[0].tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1]


def test_the_order_of_rows_depends_on_seed_and_step_only(work: Path) -> None:
    config = load_config("tiny")
    one, other = (Rows(_run(work), config.samples.length, 4, seed=3) for _ in range(2))
    for step in (0, 5, 17):  # 16 steps are an epoch here
        assert (one.batch(step) == other.batch(step)).all()
    assert not (one.batch(0) == one.batch(16)).all()


def test_the_rate_warms_up_stays_and_falls() -> None:
    shares = [rate_share(step, 100, warm_up=10, decay_share=0.2) for step in range(100)]
    assert shares[0] == pytest.approx(0.1)
    assert shares[10:80] == [1.0] * 70
    assert shares[80:] == sorted(shares[80:], reverse=True) and shares[-1] < 0.1


def _names() -> list[str]:
    names = [f"project-{number}" for number in range(1000)]
    return [next(name for name in names if not held_out(name)), next(name for name in names if held_out(name))]


def _run(work: Path) -> Path:
    return work / "tiny"


def _tokenizer(work: Path, config: Config) -> Path:
    return work / f"tokenizer-{config.vocabulary}.json"
