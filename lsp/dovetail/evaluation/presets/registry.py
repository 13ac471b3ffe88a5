"""The list of presets."""

from __future__ import annotations

from dovetail.command_errors import UsageError
from dovetail.evaluation.presets.preset import Preset
from dovetail.evaluation.presets.single_line import DEEPSEEK_TABLE6, QWEN_TABLE7

PRESETS: tuple[Preset, ...] = (DEEPSEEK_TABLE6, QWEN_TABLE7)
"""All presets."""


def preset_named(name: str) -> Preset:
    """Return a preset. Raises UsageError with all names."""
    for preset in PRESETS:
        if preset.name == name:
            return preset
    raise UsageError(f"there is no preset {name!r}: choose one of {', '.join(preset.name for preset in PRESETS)}")
