"""The command line: one file per subcommand, arguments in `main.py`."""
