"""The error of this folder."""

from dovetail_models.errors import EngineError


class BackendError(EngineError):
    """A build cannot be installed: what is wrong and what to do next, in one line."""
