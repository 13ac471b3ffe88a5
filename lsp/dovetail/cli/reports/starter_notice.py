"""Notifies once that the small starter model is at work, and how to get a better one."""

from __future__ import annotations

import sys

from dovetail.settings import Settings, user_config_path
from dovetail.user_folders import user_folder
from dovetail_models.api import STARTER

NOTICE = """\
Dovetail is using its tiny built-in starter model, whose text is poor. For real completions run
  dovetail models pull deepseek-coder-1.3b    (deepseek-coder-6.7b for GPUs; `dovetail models list` shows all)
  dovetail models use deepseek-coder-1.3b
or name a GGUF file with --model FILE.gguf, or with model = "FILE.gguf" in
{path}
"""


def notify_of_starter(settings: Settings) -> None:
    """Print the notice to standard error, the first time that the starter model is used by this user."""
    if settings.model != STARTER or settings.remote.url:
        return
    marker = user_folder("state") / "starter-notice-shown"
    if marker.exists():
        return
    print(NOTICE.format(path=user_config_path()), file=sys.stderr)
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError:
        return  # a read-only home: the notice appears again next time
