"""Which names of a Python file are for others."""

from dovetail_context.records.record import Symbol


def mark_exported(symbols: list[Symbol], exports: tuple[str, ...] | None) -> tuple[Symbol, ...]:
    """At module level `__all__` decides; elsewhere, and without it, a leading underscore hides a name."""
    listed = frozenset(exports or ())

    def exported(symbol: Symbol) -> bool:
        if exports is not None and not symbol.container:
            return symbol.name in listed
        return not symbol.name.startswith("_") or symbol.name.endswith("__")

    return tuple(symbol if exported(symbol) else symbol._replace(exported=False) for symbol in symbols)
