"""`python -m dovetail`: the same as the console script."""

from dovetail.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
