"""Try a build in a child process and compare it with the previous build. A crash there harms nothing else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from dovetail_models.backend.choice import Backend
from dovetail_models.backend.trial.report import BuildReport, Failure, Trial, from_json

TRIAL_MODULE = "dovetail_models.backend.trial.program"
REPORT_PREFIX = "report "
STAGE_PREFIX = "stage "

TRIAL_TIMEOUT_S = 600
"""A GPU newer than the wheel compiles all kernels at the first start, which takes minutes; else it takes seconds."""

MIN_AGREEMENT = 0.99
"""Cosine of logits on two devices. Rounding costs less than 0.001; a broken kernel gives a random direction."""

NOISE = 1.1
"""Two measurements of one build differ by less on a machine that is not busy."""

_WINDOWS_CRASHES = {0xC000001D: "illegal instruction", 0xC0000005: "access violation", 0xC0000135: "missing DLL"}
"""Exit statuses of processes that Windows ended (NTSTATUS)."""

_STAGES = {
    "import": "while it was loaded",
    "decode": "while it decoded with the starter model",
    "measure": "while its speed was measured",
}


def run_trial(practice_model: Path | None, python: str = sys.executable) -> Trial:
    """Load the build that is installed for `python` in a child, and try it if a practice model is given."""
    command = [python, "-E", "-P", "-m", TRIAL_MODULE, *([str(practice_model)] if practice_model else [])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["GGML_NO_BACKTRACE"] = "1"  # Without it llama.cpp starts a debugger when it aborts.
    try:
        ended = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TRIAL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Failure(f"it did not finish within {TRIAL_TIMEOUT_S} s")
    return read_trial(
        ended.returncode, ended.stdout.decode("utf-8", "replace"), ended.stderr.decode("utf-8", "replace")
    )


def read_trial(status: int, output: str, errors: str) -> Trial:
    """Return what a child reported, or why it ended without a report."""
    lines = output.splitlines()
    if status == 0 and lines and lines[-1].startswith(REPORT_PREFIX):
        try:
            return from_json(lines[-1].removeprefix(REPORT_PREFIX))
        except (ValueError, KeyError, TypeError) as error:
            return Failure(f"its report cannot be read ({error})")
    stages = [line.removeprefix(STAGE_PREFIX) for line in lines if line.startswith(STAGE_PREFIX)]
    where = _STAGES.get(stages[-1], "") if stages else "before it was loaded"
    if (crash := _crash(status)) is not None:
        return Failure(f"it crashed {where} ({crash})")
    last = next((line.strip() for line in reversed(errors.splitlines()) if line.strip()), f"exit status {status}")
    return Failure(f"it failed {where} ({last})")


def judge(backend: Backend, before: Trial | None, after: Trial) -> str:
    """Return why a new build must not stay, "" if it may. `before` is None where nothing was installed."""
    if isinstance(after, Failure):
        return after.reason
    if after.agreement is None or not after.agreement >= MIN_AGREEMENT:
        return f"it computes other numbers on the GPU than on the CPU (cosine {after.agreement})"
    if backend == "cpu":
        return ""
    if not after.gpus:
        found = ", ".join(device.name for device in after.devices) or "nothing"
        return f"it sees no GPU, only {found}"
    if not isinstance(before, BuildReport):
        return ""
    limit = before.answer_s * (NOISE if before.gpus else 1.0)
    if after.answer_s >= limit:
        return f"it is slower here: {after.answer_s:.2f} s for an answer that took {before.answer_s:.2f} s before"
    return ""


def _crash(status: int) -> str | None:
    """Return the name of the crash that an exit status means, None for an ordinary end."""
    if status < 0:
        try:
            return signal.strsignal(-status) or signal.Signals(-status).name
        except ValueError:
            return f"signal {-status}"
    return _WINDOWS_CRASHES.get(status & 0xFFFFFFFF) if status > 0xFF else None
