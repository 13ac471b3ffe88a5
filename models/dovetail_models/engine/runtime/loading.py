"""From options to a loaded model with a context: checks, fixes, and what gives way when memory is short.

`hardware/choose.py` decides how to load. This module tries that, and takes the next step if memory runs out.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from dovetail_models.engine.options import EngineOptions
from dovetail_models.engine.runtime import devices, llama
from dovetail_models.engine.runtime.progress import Progress
from dovetail_models.engine.runtime.vocabulary import Vocabulary
from dovetail_models.errors import EngineError, ModelError
from dovetail_models.files import check_file
from dovetail_models.hardware.choose import (
    Choice,
    ChosenPlan,
    Wishes,
    choose,
    explain,
    free_words,
    is_hopeless,
    may_quantize,
    mib,
)
from dovetail_models.hardware.estimate import MemoryNeed, Plan, memory_need
from dovetail_models.hardware.header import read_shape
from dovetail_models.hardware.machine import Machine, detect
from dovetail_models.hardware.shape import ModelShape
from dovetail_models.hardware.steps import Step, next_step
from dovetail_models.prompt.formats.choose import (
    ChosenFormat,
    ModelIdentity,
    candidates,
    choose as choose_format,
    without_markers,
)
from dovetail_models.prompt.formats.deepseek import DEEPSEEK
from dovetail_models.prompt.formats.format import Format

PRE_TOKENIZER = "tokenizer.ggml.pre"
"""The GGUF key that names how text is split before tokenization."""

ROUND_TRIP_PROBE = "x = 1\n\n\tif  y:\r\n        é🦕 \n"
"""What a tokenizer made for prose gives back changed: no space before the first word, runs of white space, tabs."""

LEADING_SPACE = "tokenizer.ggml.add_space_prefix"
"""The GGUF key that specifies whether a SentencePiece vocabulary puts a space before each text. Where a model expects
that space, its format writes it."""


Report = Callable[[str], None]
"""Takes one line for the user: what gave way, and why."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model and a context for it."""

    model: llama.Model
    context: llama.Context
    threads: int
    """Threads that it computes on."""
    machine: Machine
    """As it was before the model was loaded."""
    plan: Plan
    choices: tuple[Choice, ...]
    """The plan's values, each with its reason."""
    need: MemoryNeed
    """The memory that the plan was expected to take."""
    chosen: ChosenFormat
    """The format of its prompts."""


@dataclass(frozen=True, slots=True)
class _File:
    """A model file that has passed the checks."""

    path: Path
    shape: ModelShape
    chosen: ChosenFormat
    """The format of its prompts."""
    overrides: dict[str, str | bool]
    """What has to be replaced in its metadata."""


def load(options: EngineOptions, progress: Progress | None = None, report: Report | None = None) -> Loaded:
    """Load what `options` ask for, or as much of it as memory allows.

    `progress` counts each step, now and whenever the engine works. `report` receives a line for each setting that is
    reduced.

    Raises EngineError with one line that explains what to do next.
    """
    report = report or _nothing
    candidates = (options.model_path, *options.fallbacks)
    for path, smaller in zip(candidates, (*candidates[1:], None), strict=True):
        try:
            return _load_file(_checked(path), options, progress, report, has_fallback=smaller is not None)
        except ModelError:
            raise
        except EngineError as error:
            if smaller is None:
                raise
            reason, _, _ = str(error).partition(": ")
            report(f"{reason}: loading the smaller model {smaller.stem} instead")
    raise AssertionError("there is always a model to try")


def check_model(path: Path) -> None:
    """Raise ModelError if the model cannot complete code in place. Reads no weights."""
    _checked(path)


def _checked(path: Path) -> _File:
    """Raise ModelError if the file cannot be used."""
    check_file(path)
    shape = read_shape(path)
    with closing(llama.load_model(path, vocab_only=True)) as header:
        chosen = format_of(header)
        overrides = _overrides(header, chosen.format)
        if not overrides:
            check_vocabulary(header.vocabulary, path)
    if overrides:
        with closing(llama.load_model(path, vocab_only=True, overrides=overrides)) as corrected:
            check_vocabulary(corrected.vocabulary, path)
    return _File(path, shape, chosen, overrides)


def format_of(model: llama.Model) -> ChosenFormat:
    """Return the prompt format of a model. Only the model's vocabulary and metadata must be loaded.

    Raises ModelError if the model cannot complete code in place.
    """
    keys = ("general.name", "general.basename", "general.finetune")
    names = (*(model.metadata(key) or "" for key in keys), model.path.stem)
    identity = ModelIdentity(str(model.path), names, model.metadata("general.architecture") or "")
    return choose_format(identity, lambda text: model.vocabulary.special(text) is not None)


def check_vocabulary(vocabulary: Vocabulary, path: Path) -> None:
    """Raise ModelError if this vocabulary cannot complete code in place, whichever model it belongs to."""
    if not candidates(lambda text: vocabulary.special(text) is not None):
        raise without_markers(str(path))
    probe = ROUND_TRIP_PROBE.encode()
    if b"".join(map(vocabulary.piece, vocabulary.tokenize(probe))) != probe:
        raise ModelError(
            f"{path} has a vocabulary that changes the white space of code: "
            "choose a model with byte-level tokens, such as deepseek-coder-1.3b-base"
        )


def _load_file(
    file: _File, options: EngineOptions, progress: Progress | None, report: Report, has_fallback: bool
) -> Loaded:
    machine = detect(devices.accelerators())
    wishes = _wishes(options)
    chosen = choose(file.shape, machine, wishes)
    for step in chosen.steps:
        report(_line(file, step, free_words(machine)))
    _check_memory(file, chosen, machine, has_fallback)
    plan, model = chosen.plan, None
    while True:
        try:
            model = model or _load_weights(file, plan, progress)
            return _with_context(model, file, plan, chosen, machine, options, progress)
        except ModelError:
            raise
        except EngineError as error:
            after = next_step(plan, file.shape, may_quantize(wishes))
            if model is not None and (after is None or after.plan.gpu_layers != plan.gpu_layers):
                model.close()
                model = None
            if after is None:
                raise
            report(_line(file, after, str(error).partition(": ")[0]))
            plan = after.plan


def _load_weights(file: _File, plan: Plan, progress: Progress | None) -> llama.Model:
    return llama.load_model(file.path, plan.gpu_layers, overrides=file.overrides, progress=progress)


def _with_context(
    model: llama.Model,
    file: _File,
    plan: Plan,
    chosen: ChosenPlan,
    machine: Machine,
    options: EngineOptions,
    progress: Progress | None,
) -> Loaded:
    plan = replace(plan, micro_batch=min(plan.micro_batch, plan.n_ctx))
    sequences = max(1, min(options.sequences, plan.micro_batch, llama.MAX_SEQUENCES))
    context = model.context(
        plan.n_ctx, plan.threads, plan.micro_batch, sequences, progress, plan.kv_type, plan.flash_attention
    )
    choices = explain(file.shape, plan, chosen, machine)
    need = memory_need(file.shape, plan, machine.instruction_sets)
    return Loaded(model, context, plan.threads, machine, plan, choices, need, file.chosen)


def _wishes(options: EngineOptions) -> Wishes:
    return Wishes(
        n_ctx=options.n_ctx,
        kv_type=options.kv_type,
        flash_attention=options.flash_attention,
        micro_batch=options.micro_batch,
        threads=options.threads or 0,
        gpu_layers=options.gpu_layers,
    )


def _check_memory(file: _File, chosen: ChosenPlan, machine: Machine, has_fallback: bool) -> None:
    """Refuse what memory cannot hold: the system would grant it and later kill some process for it."""
    need = memory_need(file.shape, chosen.plan, machine.instruction_sets)
    if is_hopeless(need, machine) or (has_fallback and need.main > machine.free_bytes):
        raise EngineError(
            f"there is not enough memory for {file.path.stem}, which needs {mib(need.main)} with a window of "
            f"{chosen.plan.n_ctx} tokens where {free_words(machine)}: close other programs, choose a smaller window "
            "or a smaller model"
        )


def _line(file: _File, step: Step, reason: str) -> str:
    return f"{file.path.stem} gets {step.what}: {reason}"


def _nothing(_line: str) -> None: ...


def _overrides(model: llama.Model, format: Format) -> dict[str, str | bool]:
    """Return the metadata that is to be replaced so that text becomes the tokens that the model learned.

    DeepSeek-Coder's files from before llama.cpp knew pre-tokenizers are still widely used and name none. A space that
    SentencePiece puts before each text would come with each piece of a prompt.
    """
    overrides: dict[str, str | bool] = {}
    if format is DEEPSEEK and not model.metadata(PRE_TOKENIZER):
        overrides[PRE_TOKENIZER] = "deepseek-coder"
    if model.vocabulary.is_sentencepiece:
        overrides[LEADING_SPACE] = False
    return overrides
