"""The list of suites."""

from __future__ import annotations

from dovetail.command_errors import UsageError
from dovetail.evaluation.suites.crosscodeeval import CROSSCODEEVAL
from dovetail.evaluation.suites.devbench import DEVBENCH
from dovetail.evaluation.suites.ds1000 import DS1000
from dovetail.evaluation.suites.execrepobench import EXECREPOBENCH
from dovetail.evaluation.suites.holes import HOLES
from dovetail.evaluation.suites.humaneval import HUMANEVAL
from dovetail.evaluation.suites.humaneval_infilling import HUMANEVAL_INFILLING
from dovetail.evaluation.suites.mbpp import MBPP
from dovetail.evaluation.suites.repoeval import REPOEVAL
from dovetail.evaluation.suites.safim import SAFIM
from dovetail.evaluation.suites.santacoder_fim import SANTACODER_FIM
from dovetail.evaluation.suites.suite import Suite
from dovetail.evaluation.suites.word_problems import GSM8K, MATH

SUITES: tuple[Suite, ...] = (
    HOLES,
    SANTACODER_FIM,
    HUMANEVAL_INFILLING,
    SAFIM,
    CROSSCODEEVAL,
    REPOEVAL,
    EXECREPOBENCH,
    DEVBENCH,
    HUMANEVAL,
    MBPP,
    DS1000,
    GSM8K,
    MATH,
)
"""All suites, the user's own tasks first."""


def suite_named(name: str) -> Suite:
    """Return a suite. Raises UsageError with all names."""
    for suite in SUITES:
        if suite.name == name:
            return suite
    raise UsageError(f"there is no suite {name!r}: choose one of {', '.join(suite.name for suite in SUITES)}")
