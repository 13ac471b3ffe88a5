"""`dovetail doctor`: check what Dovetail needs, one line each, and report how to fix each fault."""

from __future__ import annotations

import argparse
import asyncio
import platform
import struct
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from dovetail.cli.output import print_json
from dovetail.cli.remote import add_remote_argument, remote_layer
from dovetail.cli.reports.check import Check
from dovetail.cli.reports.model_report import (
    Pace,
    build_check,
    choice_checks,
    machine_check,
    memory_check,
    prompt_format_check,
    recommendation_check,
    sandbox_check,
    speed_check,
    states_check,
)
from dovetail.cli.reports.project_report import project_check
from dovetail.cli.reports.threshold_report import calibration_checks
from dovetail.command_errors import UsageError
from dovetail.rules.live import WorkspaceRules
from dovetail.session.calibrations import calibrations_path
from dovetail.session.inference.engine import make_local_engine, remote_options
from dovetail.session.inference.models import models_folder
from dovetail.settings import COMMAND_LINE, Settings, SettingsError, load_settings, user_config_path
from dovetail_context.api import WorkspaceIndex, choose_root
from dovetail_models.api import (
    CompletionJob,
    CompletionReply,
    EngineError,
    EngineStatus,
    Finding,
    LocalProbes,
    Machine,
    PromptParts,
    RemoteEngine,
    SpeedEstimate,
    advise,
    catalog,
    detect_drivers,
    detect_machine as detect,
    journal_exists,
    multiplications_per_s,
    probe_server as probe,
    read_bytes_per_s,
    read_shape,
    recommendable,
    resolve_model,
    running_environment,
    running_hosts as running,
    speed_on_cpu,
)

MIB = 1 << 20
# What is read and written to measure the speed: up to some 300 tokens of source, and less where that takes longer.
SAMPLE_CHARACTERS = (150, 1000)
SAMPLE_TOKENS = (4, 16)
SAMPLE_S = 10
CHARACTERS_A_TOKEN = 3


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
            if check.fix:
                print(f"      -> {check.fix}")
    if arguments.json:
        keys = ("name", "verdict", "found", "fix")
        print_json({"checks": [{key: getattr(check, key) for key in keys} for check in checks]})
    return 1 if any(check.verdict == "fail" for check in checks) else 0


def _checks(model: str | None, remote: str | None, folder: Path) -> Iterator[Check]:
    yield _python()
    try:
        settings = load_settings((COMMAND_LINE, {"model": model} if model else {}), remote_layer(remote))
    except SettingsError as error:
        yield Check("settings", "fail", str(error), f"fix {user_config_path()}")
        settings = Settings()
    else:
        yield Check(
            "settings", "ok", f"{user_config_path()}{'' if user_config_path().exists() else ' (not there: defaults)'}"
        )
    yield _hosts()
    if journal_exists(running_environment().state):
        yield Check(
            "llama.cpp build", "fail", "its replacement did not finish", "run `dovetail backend`, which undoes it"
        )
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
    """Return a check of the processes that hold models now, for all windows."""
    try:
        found = [f"process {card.pid} runs {Path(card.model).stem}" for _, card in running()]
    except EngineError as error:
        return Check("engine hosts", "fail", str(error), "fix or remove that folder")
    return Check("engine hosts", "ok", ", ".join(found) or "none runs now")


def _model_checks(settings: Settings) -> Iterator[Check]:
    machine = detect()
    cores = machine.usable_cores
    pace = Pace(read_bytes_per_s(cores), multiplications_per_s(cores), psutil.getloadavg()[0] > cores)
    yield machine_check(machine, pace)
    try:
        file = resolve_model(settings.model, models_folder())
        yield Check("model file", "ok", f"{file.path} ({file.path.stat().st_size / MIB:.0f} MiB)")
        status, reply, resident_bytes = asyncio.run(_try_the_model(settings))
    except (EngineError, OSError) as error:
        yield Check(
            "model", "fail", str(error), "name another model with --model, or reinstall Dovetail for the built-in one"
        )
        return
    yield prompt_format_check(status)
    yield from calibration_checks(status.model, status.model_key, calibrations_path())
    yield build_check(status, _unused_gpu())
    yield from choice_checks(status)
    yield memory_check(status, resident_bytes, detect())
    yield states_check(status)
    yield speed_check(status, reply, _expected_speed(file.path, status, reply, pace))
    yield sandbox_check(status)
    yield recommendation_check(recommendable(catalog()), _with_accelerators(machine, status), pace)


def _remote_checks(settings: Settings) -> Iterator[Check]:
    """Yield the checks of the server, each as soon as its result is known."""
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


async def _try_the_model(settings: Settings) -> tuple[EngineStatus, CompletionReply, int]:
    """Return what the host reports, one completion, and the bytes that the host is resident with."""
    engine = make_local_engine(settings, several_models=True)
    try:
        speed = (await engine.ensure_ready()).speed
        characters = _within(SAMPLE_CHARACTERS, speed.prefill_tokens_s * SAMPLE_S * CHARACTERS_A_TOKEN)
        tokens = _within(SAMPLE_TOKENS, SAMPLE_S * 1000 / max(speed.decode_ms, 1.0))
        parts = PromptParts(context=(), path="doctor.py", prefix=_own_code()[:characters], suffix="\n")
        job = CompletionJob(parts=parts, document="doctor", max_tokens=tokens, min_tokens=tokens)
        reply = await engine.complete(job)
        status = await engine.status()
        return status, reply, _resident_bytes(status.pid)
    finally:
        await engine.close()


def _within(limits: tuple[int, int], value: float) -> int:
    least, most = limits
    return int(min(max(value, least), most))


def _unused_gpu() -> str:
    """Return why a build for a GPU would suit this machine, "" if none does."""
    best = advise(detect_drivers(LocalProbes())).candidates[0]
    return "" if best.backend == "cpu" else best.reason


def _own_code() -> str:
    """Return code to read."""
    return Path(__file__).read_text("utf-8")


def _resident_bytes(pid: int | None) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid else 0
    except psutil.Error:
        return 0  # It has ended already.


def _expected_speed(path: Path, status: EngineStatus, reply: CompletionReply, pace: Pace) -> SpeedEstimate | None:
    """Return the speed to expect on a CPU; None where an accelerator computes, or another model was loaded."""
    if status.devices or status.model != path.stem:
        return None
    return speed_on_cpu(read_shape(path), pace.bytes_s, pace.multiplications_s, reply.prompt_tokens)


def _with_accelerators(machine: Machine, status: EngineStatus) -> Machine:
    return replace(machine, accelerators=status.accelerators)


def _project(folder: Path) -> Check:
    choice = choose_root(folder)
    index = WorkspaceIndex(choice.root, WorkspaceRules(choice.root).rules.selection)
    report = index.build()
    index.close()
    return project_check(choice, report)
