"""The errors of this package. Each message is one line: what happened, and what to do next."""


class EngineError(Exception):
    """The engine cannot answer: what is wrong and what to do next, in one line."""


class EngineDied(EngineError):
    """The model's process died while it answered. It is passing: the next request starts another process."""


class ModelError(EngineError):
    """A model file cannot be used: what is wrong with it and what to do next, in one line."""
