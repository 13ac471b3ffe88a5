"""The first code of a limited process: gives up its rights, sets its limits, and becomes the program.

Run as `python -m dovetail.evaluation.execution.guard LIMITS PROGRAM ARGUMENT...`, where LIMITS is a JSON object. Where
it cannot be limited it becomes nothing, and ends with status REFUSED and a line on standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

REFUSED = 125
"""The exit status of a process that could not be limited."""


def main(arguments: list[str]) -> None:
    """Become the program. Ends the process with REFUSED where that cannot be done."""
    limits, *command = arguments
    values: dict[str, Any] = json.loads(limits)
    _set_limits(values)
    missing = _confine(values["readable"], values["writable"])
    if missing:
        _refuse(f"{missing}: no generated program is run here")
    try:
        os.execvp(command[0], command)
    except OSError as error:
        _refuse(f"{command[0]} cannot be started: {error}")


def _refuse(line: str) -> NoReturn:
    sys.stderr.write(f"{line}\n")
    sys.exit(REFUSED)


def _set_limits(values: Mapping[str, Any]) -> None:
    if sys.platform == "win32":
        return  # refused below
    import resource

    for name in ("CPU", "DATA", "FSIZE", "CORE"):
        value = values.get(name)
        if isinstance(value, int):
            which = getattr(resource, f"RLIMIT_{name}")
            most = resource.getrlimit(which)[1]
            lowered = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(which, (lowered, lowered))


def _confine(readable: list[str], writable: list[str]) -> str:
    """Give up network and files. Return what could not be given up, "" if all was.

    Reading does no harm to those who have no network, so macOS may leave it.
    """
    from dovetail_models.api import confine, readable_folders

    sandbox = confine([*readable_folders(), *map(Path, readable)], list(map(Path, writable)), runs_programs=True)
    return "; ".join(line for line in sandbox.missing if "read what you can read" not in line)


if __name__ == "__main__":
    main(sys.argv[1:])
