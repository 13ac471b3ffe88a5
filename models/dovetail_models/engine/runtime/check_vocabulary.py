"""Looks at a model in a process of its own: `python -m dovetail_models.engine.runtime.check_vocabulary FILE`.

llama.cpp can end the process that reads a damaged file. The exit status is 0 if code can be completed in place; else it
is 1, and standard error holds one line.
"""

import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Check the file that the arguments name."""
    from dovetail_models.engine.runtime.loading import check_model
    from dovetail_models.errors import EngineError

    try:
        check_model(Path(arguments[0]))
    except EngineError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the answer of this program
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
