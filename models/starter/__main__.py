"""The recipe's command line: `python -m models.starter STEP --config NAME --work DIR`, from the repository's root,
one step at a time."""

import sys

from models.starter.steps import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
