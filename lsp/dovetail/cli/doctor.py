"""`dovetail doctor`: check what Dovetail needs, one line each, and say the mend for each fault."""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import struct
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from dovetail.cli.errors import UsageError
from dovetail.cli.output import print_json
from dovetail.cli.remote import add_remote_argument, remote_layer
from dovetail.session.engine import make_local_engine, remote_options
from dovetail.session.models import models_folder
from dovetail.settings import COMMAND_LINE, Settings, SettingsError, load_settings, user_config_path
from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.workspace.root import find_root
from dovetail_models.engine.job import CompletionJob, CompletionReply
from dovetail_models.engine.meeting import running
from dovetail_models.engine.status import EngineStatus
from dovetail_models.errors import EngineError
from dovetail_models.files import resolve_model
from dovetail_models.prompt.parts import PromptParts
from dovetail_models.remote.engine import RemoteEngine
from dovetail_models.remote.probe import Finding, probe

MIB = 1 << 20
# Below this much free memory beside the model, the system begins to swap and every completion stalls.
SPARE_BYTES = 512 * MIB
# Slower decoding than this shows a line only after more than a second.
SLOW_DECODE_TOKENS_S = 10

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` says what to do where the verdict is not "ok"."""

    name: str
    verdict: Verdict
    found: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("root", nargs="?", metavar="ROOT", help="the project to look at (default: this folder's)")
    parser.add_argument("--model", metavar="NAME|FILE.gguf", help="the model to try (default: the setting)")
    add_remote_argument(parser)
    parser.add_argument("--json", action="store_true", help="print a JSON object")


def run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.root or ".").resolve()
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    checks = []
    for check in _checks(arguments.model, arguments.remote, folder):
        checks.append(check)
        if not arguments.json:
            print(f"{check.verdict:>4}  {check.name}: {check.found}")
            if check.mend:
                print(f"      -> {check.mend}")
    if arguments.json:
        keys = ("name", "verdict", "found", "mend")
        print_json({"checks": [{key: getattr(check, key) for key in keys} for check in checks]})
    return 1 if any(check.verdict == "fail" for check in checks) else 0


def _checks(model: str | None, remote: str | None, folder: Path) -> Iterator[Check]:
    yield _python()
    try:
        settings = load_settings((COMMAND_LINE, {"model": model} if model else {}), remote_layer(remote))
    except SettingsError as error:
        yield Check("settings", "fail", str(error), f"mend {user_config_path()}")
        settings = Settings()
    else:
        yield Check(
            "settings", "ok", f"{user_config_path()}{'' if user_config_path().exists() else ' (not there: defaults)'}"
        )
    yield _hosts()
    if settings.remote.url:
        yield from _remote_checks(settings)
    if not settings.remote.url or settings.remote.fallback:
        yield from _model_checks(settings)
    yield _project(folder)


def _python() -> Check:
    bits = struct.calcsize("P") * 8
    found = f"{platform.python_version()} ({bits}-bit) on {platform.system()} {platform.machine()}, {sys.executable}"
    if bits < 64:
        return Check("Python", "fail", found, "install a 64-bit Python 3.11 or newer: models do not fit otherwise")
    return Check("Python", "ok", found)


def _hosts() -> Check:
    """The processes that hold models now, for all windows."""
    try:
        found = [f"process {card.pid} runs {Path(card.model).stem}" for _, card in running()]
    except EngineError as error:
        return Check("engine hosts", "fail", str(error), "mend or remove that folder")
    return Check("engine hosts", "ok", ", ".join(found) or "none runs now")


def _model_checks(settings: Settings) -> Iterator[Check]:
    try:
        file = resolve_model(settings.model, models_folder())
        yield Check("model file", "ok", f"{file.path} ({file.path.stat().st_size / MIB:.0f} MiB)")
        status, reply = asyncio.run(_try_the_model(settings))
    except (EngineError, OSError) as error:
        yield Check(
            "model", "fail", str(error), "name another model with --model, or reinstall Dovetail for the built-in one"
        )
        return
    yield prompt_format_check(status)
    yield _llama_build(status)
    yield _memory(status)
    yield _speed(status, reply)


def _remote_checks(settings: Settings) -> Iterator[Check]:
    """What is found of the server, each as soon as it is known."""
    with asyncio.Runner() as runner:
        try:
            engine = RemoteEngine(remote_options(settings))
        except EngineError as error:
            yield Check("server", "fail", str(error), f"correct [remote] in {user_config_path()}")
            return
        try:
            findings = probe(engine)
            while (finding := runner.run(_next(findings))) is not None:
                yield Check(finding.name, finding.verdict, finding.found, finding.fix)
        finally:
            runner.run(engine.close())


async def _next(findings: AsyncIterator[Finding]) -> Finding | None:
    return await anext(findings, None)


async def _try_the_model(settings: Settings) -> tuple[EngineStatus, CompletionReply]:
    engine = make_local_engine(settings, several_models=True)
    try:
        status = await engine.ensure_ready()
        parts = PromptParts(
            context=(), path="doctor.py", prefix="def add(a: int, b: int) -> int:\n    return ", suffix="\n"
        )
        return status, await engine.complete(CompletionJob(parts=parts, client="doctor", max_tokens=16))
    finally:
        await engine.close()


def prompt_format_check(status: EngineStatus) -> Check:
    """Return which format the model's prompts have, and whether it is doubtful that the model fills holes."""
    order = "the suffix follows the prefix" if status.frozen_anchor else "the suffix comes first"
    if status.advice:
        doubt, _, mend = status.advice.partition(": ")
        return Check("prompt format", "warn", f"{status.format}; {doubt}", mend)
    return Check("prompt format", "ok", f"{status.format}; {order}")


def _llama_build(status: EngineStatus) -> Check:
    devices = ", ".join(status.devices)
    found = f"{status.build.strip()}; {f'offload to {devices}' if devices else 'CPU only'}; {status.threads} threads"
    if not devices and shutil.which("nvidia-smi"):
        mend = 'CMAKE_ARGS="-DGGML_CUDA=on" pip install --force-reinstall --no-cache-dir --no-deps llama-cpp-python'
        return Check("llama.cpp", "warn", found, f"there is an NVIDIA GPU; to use it: {mend}")
    return Check("llama.cpp", "ok", found)


def _memory(status: EngineStatus) -> Check:
    memory = psutil.virtual_memory()
    found = (
        f"the model takes {status.memory_bytes / MIB:.0f} MiB; "
        f"{memory.available / MIB:.0f} of {memory.total / MIB:.0f} MiB are free"
    )
    if memory.available < SPARE_BYTES:
        return Check("memory", "warn", found, "choose a smaller model or quantization, or lower context_window")
    return Check("memory", "ok", found)


def _speed(status: EngineStatus, reply: CompletionReply) -> Check:
    read = reply.prompt_tokens - reply.reused_tokens
    read_speed = read / max(reply.prefill_ms, 1e-3) * 1000
    write_speed = reply.generated_tokens / max(reply.decode_ms, 1e-3) * 1000
    speeds = f"reads {read_speed:.0f} and writes {write_speed:.0f} tokens a second"
    found = f"{status.model} loaded in {status.load_ms:.0f} ms, {speeds}"
    if reply.generated_tokens and write_speed < SLOW_DECODE_TOKENS_S:
        return Check("speed", "warn", found, "choose a smaller model or a Q4_K_M quantization, or offload to a GPU")
    return Check("speed", "ok", found)


def _project(folder: Path) -> Check:
    root = find_root(folder / "any-file")
    index = WorkspaceIndex(root)
    report = index.build()
    index.close()
    counts = ", ".join(f"{files} {language}" for language, files in sorted(report.counts.items()))
    found = (
        f"{root}: {counts or 'no source files'}, read in {report.seconds:.1f} s, {len(report.skipped)} paths skipped"
    )
    if not report.counts:
        return Check(
            "project", "warn", found, "start dovetail in a folder of a project, or name it: dovetail doctor ROOT"
        )
    return Check("project", "ok", found)
