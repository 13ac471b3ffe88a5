"""The list of presets."""

from __future__ import annotations

from dovetail.command_errors import UsageError
from dovetail.evaluation.presets.cross_file import (
    CROSSCODEEVAL_DOVETAIL,
    DEEPSEEK_TABLE7,
    DEEPSEEK_TABLE7_PLAIN,
    QWEN_TABLE8,
)
from dovetail.evaluation.presets.generation import (
    DEEPSEEK_DS1000,
    DEEPSEEK_GSM8K,
    DEEPSEEK_HUMANEVAL,
    DEEPSEEK_MATH,
    DEEPSEEK_MBPP,
)
from dovetail.evaluation.presets.infilling import HUMANEVAL_INFILLING, SAFIM
from dovetail.evaluation.presets.preset import Preset
from dovetail.evaluation.presets.single_line import DEEPSEEK_TABLE6, QWEN_TABLE7

PRESETS: tuple[Preset, ...] = (
    DEEPSEEK_TABLE6,
    QWEN_TABLE7,
    DEEPSEEK_TABLE7,
    DEEPSEEK_TABLE7_PLAIN,
    QWEN_TABLE8,
    CROSSCODEEVAL_DOVETAIL,
    HUMANEVAL_INFILLING,
    SAFIM,
    DEEPSEEK_HUMANEVAL,
    DEEPSEEK_MBPP,
    DEEPSEEK_DS1000,
    DEEPSEEK_GSM8K,
    DEEPSEEK_MATH,
)
"""All presets."""


def preset_named(name: str) -> Preset:
    """Return a preset. Raises UsageError with all names."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise UsageError(f"there is no preset {name!r}: choose one of {', '.join(preset.name for preset in PRESETS)}")
