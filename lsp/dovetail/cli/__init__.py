"""The command line: `main.py` finds the subcommand, `commands/` has one file for each."""
