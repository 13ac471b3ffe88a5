"""Run the host process: `python -m dovetail_models.engine.host FOLDER`."""

from dovetail_models.engine.host.process import main

if __name__ == "__main__":
    main()
