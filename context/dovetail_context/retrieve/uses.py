"""How often a file uses what it imports. Pure."""

import re
from collections import Counter
from collections.abc import Collection, Mapping

from dovetail_context.records.record import Import
from dovetail_context.work import checkpoint

CHARACTERS_OF_A_STEP = 2000  # searching this many costs as much as examining one definition


def uses(chains: Mapping[str, int], names: Collection[str]) -> Mapping[str, int]:
    """Count each of some names in a text, except where it is a member. Before a dot, it counts as `name.`."""
    found: Counter[str] = Counter()
    for chain, count in chains.items():
        first, dot, _ = chain.partition(".")
        if first in names:
            found[first + dot] += count
    return found


def stands_once(text: str, imported: Import) -> bool:
    """Whether a name occurs in the text only where it is imported, there perhaps in the path of the module, too."""
    name, module = imported.alias, imported.module
    checkpoint(len(text) // CHARACTERS_OF_A_STEP)
    word = rf"\b{re.escape(name)}\b"
    paths = sum(text.count(f"{quote}{module}{quote}") for quote in "'\"") if name in module else 0
    most = 1 + (paths * len(re.findall(word, module)) if paths else 0)
    return text.count(name) <= most or len(re.findall(word, text)) <= most
