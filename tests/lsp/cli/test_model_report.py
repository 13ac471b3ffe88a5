"""What `dovetail doctor` reports of a loaded model."""

from __future__ import annotations

from dataclasses import replace

from dovetail.cli.reports.model_report import (
    Pace,
    build_check,
    choice_checks,
    machine_check,
    memory_check,
    recommendation_check,
    sandbox_check,
    speed_check,
    states_check,
)
from dovetail_models.catalog.fit import recommendable
from dovetail_models.catalog.read import catalog
from dovetail_models.engine.job import CompletionReply
from dovetail_models.engine.status import EngineStatus
from dovetail_models.hardware.choose import Choice
from dovetail_models.hardware.estimate import SpeedEstimate
from dovetail_models.hardware.machine import Accelerator, Machine

GIB = 2**30
MACHINE = Machine("Linux", "x86_64", 8, 16, None, ("AVX2",), 32 * GIB, 24 * GIB)
STATUS = EngineStatus("ready", model="m", build="AVX2 = 1", threads=8, predicted_bytes=2 * GIB, load_ms=900)
ROWS = recommendable(catalog())
PACE = Pace(40e9, 400e9)


def test_a_driver_that_this_build_cannot_use() -> None:
    check = build_check(STATUS, "an NVIDIA driver for CUDA 12.4")
    assert check.verdict == "warn" and "an NVIDIA driver" in check.fix and "dovetail backend auto" in check.fix
    assert build_check(STATUS, "").verdict == "ok"


def test_a_build_that_sees_its_gpu() -> None:
    gpu = Accelerator("CUDA0", "a GPU", "gpu", 8 * GIB, 7 * GIB)
    status = replace(STATUS, devices=("CUDA0 (a GPU)",), accelerators=(gpu,))
    check = build_check(status, "an NVIDIA driver for CUDA 12.4")
    assert check.verdict == "ok" and "offload to CUDA0 (a GPU)" in check.found
    idle = build_check(replace(status, devices=()), "")
    assert idle.verdict == "ok" and "CPU only, though there is CUDA0 (a GPU)" in idle.found


def test_each_choice_and_each_step_is_a_line() -> None:
    status = replace(
        STATUS,
        choices=(Choice("window", "2048 tokens", "lowered to fit: 900 MiB are free"),),
        steps=("m gets a window of 2048 tokens instead of 4096: 900 MiB are free",),
    )
    window, step = choice_checks(status)
    assert (window.verdict, window.found) == ("ok", "2048 tokens: lowered to fit: 900 MiB are free")
    assert step.verdict == "warn" and step.found == status.steps[0] and step.fix


def test_memory() -> None:
    assert "takes 2100 MiB, 2048 MiB were expected" in memory_check(STATUS, 2100 << 20, MACHINE).found
    short = replace(MACHINE, free_bytes=100 << 20, limited_by="the container's memory limit")
    check = memory_check(STATUS, 2 * GIB, short)
    assert check.verdict == "warn" and "100 MiB are free under the container's memory limit" in check.found


def test_speed_beside_what_was_expected() -> None:
    reply = CompletionReply(
        "", "max_tokens", None, "m", prompt_tokens=300, generated_tokens=16, prefill_ms=3000, decode_ms=800
    )
    check = speed_check(STATUS, reply, SpeedEstimate(120, 40))
    assert check.verdict == "ok" and "reads 100 and writes 20 tokens a second (expected 120 and 25)" in check.found
    slow = speed_check(STATUS, replace(reply, decode_ms=8000), None)
    assert slow.verdict == "warn" and "expected" not in slow.found


def test_states_and_rights() -> None:
    assert (
        states_check(replace(STATUS, offloaded_states=3, offloaded_bytes=300 << 20)).found
        == "3 in main memory (300 MiB)"
    )
    status = replace(STATUS, sandboxed=("network: none",), unsandboxed=("this kernel has no Landlock",))
    assert sandbox_check(status).found == "network: none; this kernel has no Landlock"


def test_the_machine_and_its_model() -> None:
    assert "8 cores (16 usable)" in machine_check(MACHINE, PACE).found
    assert "a quota of 2" in machine_check(replace(MACHINE, quota_cores=2.0), PACE).found
    assert "deepseek-coder-" in recommendation_check(ROWS, MACHINE, PACE).found
    small = replace(MACHINE, free_bytes=GIB // 4)
    assert recommendation_check(ROWS, small, PACE).found.startswith("the starter: the smallest takes")
    busy = recommendation_check(ROWS, MACHINE, replace(PACE, is_busy=True))
    assert busy.verdict == "ok" and "run doctor again" in busy.found
