"""What CSS repeats: a selector is in every rule that styles it."""

from dataclasses import replace

from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import SyntaxTree


def refine(record: FileRecord, tree: SyntaxTree) -> FileRecord:
    """Keep the first of the symbols with the same name and text."""
    first: dict[tuple[str, str], Symbol] = {}
    for symbol in record.symbols:
        first.setdefault((symbol.name, symbol.signature), symbol)
    return replace(record, symbols=tuple(first.values()))
