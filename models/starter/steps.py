"""The steps of the recipe as subcommands. Each imports what it needs when it runs, so that a step asks only for its
own libraries."""

import argparse
import json
import math
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run one step; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m models.starter", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, (function, about) in STEPS.items():
        step = steps.add_parser(name, help=about, description=about)
        step.add_argument(
            "--work", type=Path, default=Path(__file__).parent / "work", help="folder for everything that is not in git"
        )
        step.add_argument("--config", default="cpu", help="a form of the model: a name in configs/, or a TOML file")
        step.add_argument(
            "--eval", type=Path, help="folder of the evaluation tasks, whose projects must not be trained on"
        )
        step.add_argument(
            "--minutes", type=float, default=math.inf, help="stop after so long (train); run again to resume"
        )
        step.add_argument("--steps", type=int, help="train to this step in place of the config's")
        step.add_argument(
            "--decay-from", type=Path, help="a checkpoint from which the learning rate is to fall to zero (train)"
        )
        step.add_argument(
            "--branch", help="a name beside the config's for another run on the same rows (train, export, quantize)"
        )
        step.add_argument(
            "--gguf",
            type=Path,
            help="the file to measure, where it is not the run's own (evaluate), or to go on from (adopt)",
        )
        step.add_argument(
            "--budget", type=int, default=220, help="tokens of other files, 0 for none (evaluate; default: 220)"
        )
        step.add_argument("--kind", default="line_rest", help="kind of tasks, or empty for all (evaluate)")
        step.add_argument("--forms", default="q8_0", help="quantized forms to write, by comma (quantize)")
        step.add_argument("--processes", type=int, default=2)
        step.set_defaults(function=function)
    chosen = parser.parse_args(arguments)
    report = chosen.function(chosen)
    if report is not None:
        print(json.dumps(report, indent=1, default=str))  # noqa: T201
    return 0


def _fetch(arguments: argparse.Namespace) -> object:
    from models.starter.corpus.fetch import fetch_all

    excluded: set[str] = set()
    if arguments.eval:
        projects = json.loads((arguments.eval / "repos" / "projects.json").read_text(encoding="utf-8"))
        excluded = {*projects, *(project["locator"] for project in projects.values())}
    return fetch_all(arguments.work, excluded=frozenset(excluded))


def _clean(arguments: argparse.Namespace) -> object:
    from models.starter.corpus.clean import clean
    from models.starter.corpus.fetch import MANIFEST
    from models.starter.corpus.overlap import reference_texts

    references = reference_texts(arguments.eval) if arguments.eval else ()
    return clean(arguments.work, MANIFEST, references, arguments.processes)


def _tokenizer(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.corpus.projects import load_projects
    from models.starter.samples.tokenizer_text import tokenizer_text
    from models.starter.tokenizer import train_tokenizer

    config = load_config(arguments.config)
    path = arguments.work / f"tokenizer-{config.vocabulary}.json"
    train_tokenizer(tokenizer_text(load_projects(arguments.work / "corpus.jsonl")), config.vocabulary).save(str(path))
    return path


def _samples(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.samples.pack import write_samples

    config = load_config(arguments.config)
    tokenizer = arguments.work / f"tokenizer-{config.vocabulary}.json"
    return write_samples(
        arguments.work / "corpus.jsonl", tokenizer, config.samples, arguments.work / config.name, arguments.processes
    )


def _train(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.training.train import train

    config = load_config(arguments.config)
    return train(
        config,
        arguments.work / config.name,
        _run_folder(arguments),
        arguments.steps,
        arguments.minutes,
        arguments.decay_from,
    )


def _adopt(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.training.adopt import adopt

    if arguments.gguf is None:
        raise SystemExit("--gguf FILE is needed: the file that training is to go on from")
    return adopt(load_config(arguments.config), arguments.gguf, arguments.work, _run_folder(arguments))


def _export(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.export.checkpoint import export_checkpoint

    config = load_config(arguments.config)
    return export_checkpoint(config, arguments.work, _run_folder(arguments))


def _quantize(arguments: argparse.Namespace) -> object:
    from models.starter.export.quantize import quantize

    folder = _run_folder(arguments)
    return {
        form: quantize(folder / "model-f32.gguf", form, folder / f"model-{form}.gguf")
        for form in arguments.forms.split(",")
    }


def _agree(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.evaluation.agreement import largest_logit_difference
    from models.starter.evaluation.tasks import load_tasks

    if arguments.eval is None:
        raise SystemExit("--eval FOLDER is needed: the texts that are compared are from its tasks")
    folder = _run_folder(arguments)
    texts = [task.prefix[-2000:] for task in load_tasks(sorted((arguments.eval / "tasks").glob("*.jsonl")))[::60]]
    return largest_logit_difference(
        load_config(arguments.config), folder / "checkpoint.pt", folder / "model-f32.gguf", texts
    )


def _curve(arguments: argparse.Namespace) -> object:
    from models.starter.config import load_config
    from models.starter.training.curve import draw_curve

    config, folder = load_config(arguments.config), _run_folder(arguments)
    tokens = config.training.batch_rows * config.samples.length
    draw_curve(folder / "loss.csv", folder / "loss.svg", f"{folder.name}: loss in nats a token", tokens)
    return folder / "loss.svg"


def _pieces(arguments: argparse.Namespace) -> object:
    from models.starter.export.pieces import cut

    folder = _run_folder(arguments)
    return cut(folder / "checkpoint.pt", folder / "pieces")


def _forms(arguments: argparse.Namespace) -> object:
    from models.starter.evaluation.forms import compare_forms
    from models.starter.evaluation.tasks import load_tasks

    if arguments.eval is None:
        raise SystemExit("--eval FOLDER is needed: where the tasks are (tasks/*.jsonl)")
    tasks = load_tasks(sorted((arguments.eval / "tasks").glob("*.jsonl")))
    return compare_forms(sorted(_run_folder(arguments).glob("model-*.gguf")), tasks)


def _evaluate(arguments: argparse.Namespace) -> object:
    import numpy as np
    from models.starter.evaluation.evaluate import evaluate
    from models.starter.evaluation.tasks import load_tasks

    if arguments.eval is None:
        raise SystemExit("--eval FOLDER is needed: where the tasks are (tasks/*.jsonl)")
    folder = _run_folder(arguments)
    tasks = load_tasks(sorted((arguments.eval / "tasks").glob("*.jsonl")))
    if arguments.kind:
        tasks = [task for task in tasks if task.kind == arguments.kind]
    rows = sorted((arguments.work / Path(arguments.config).stem).glob("train-*.bin"))
    training_ids = np.concatenate([np.fromfile(shard, np.uint16) for shard in rows]).astype(np.int64) if rows else None
    gguf = arguments.gguf or folder / f"model-{arguments.forms.split(',')[0]}.gguf"
    return evaluate(gguf, tasks, arguments.budget, training_ids, folder / "evaluation")


def _run_folder(arguments: argparse.Namespace) -> Path:
    name = Path(arguments.config).stem
    work: Path = arguments.work
    return work / (f"{name}-{arguments.branch}" if arguments.branch else name)


STEPS = {
    "fetch": (_fetch, "download the packages of corpus/sources.toml and write corpus/manifest.jsonl"),
    "clean": (
        _clean,
        "archives to corpus.jsonl: rules, evaluation overlap, near-duplicates, quality, dependency order",
    ),
    "tokenizer": (_tokenizer, "corpus.jsonl to a tokenizer of the config's size"),
    "samples": (_samples, "corpus.jsonl to training rows"),
    "adopt": (_adopt, "a GGUF file of ours to a tokenizer and a checkpoint that training goes on from"),
    "train": (_train, "rows to a checkpoint; resumes"),
    "export": (_export, "checkpoint to an exact GGUF"),
    "pieces": (_pieces, "the checkpoint in pieces of at most 16 MB"),
    "curve": (_curve, "loss.csv as a picture"),
    "agree": (_agree, "the largest difference between PyTorch's and llama.cpp's logits"),
    "forms": (_forms, "bytes and bits per byte of each quantized form"),
    "evaluate": (_evaluate, "a GGUF file on tasks of projects that it never saw, against baselines"),
    "quantize": (_quantize, "exact GGUF to quantized ones"),
}
