"""One line of `dovetail doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. `fix` explains how to fix it where the verdict is not "ok"."""

    name: str
    verdict: Verdict
    found: str
    fix: str = ""
