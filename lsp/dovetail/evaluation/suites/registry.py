"""The list of suites."""

from __future__ import annotations

from dovetail.command_errors import UsageError
from dovetail.evaluation.suites.holes import HOLES
from dovetail.evaluation.suites.humaneval_infilling import HUMANEVAL_INFILLING
from dovetail.evaluation.suites.santacoder_fim import SANTACODER_FIM
from dovetail.evaluation.suites.suite import Suite

SUITES: tuple[Suite, ...] = (HOLES, SANTACODER_FIM, HUMANEVAL_INFILLING)
"""All suites, the user's own tasks first."""


def suite_named(name: str) -> Suite:
    """Return a suite. Raises UsageError with all names."""
    for suite in SUITES:
        if suite.name == name:
            return suite
    raise UsageError(f"there is no suite {name!r}: choose one of {', '.join(suite.name for suite in SUITES)}")
