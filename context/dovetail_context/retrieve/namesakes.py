"""Classes that an object without a known type may be of, by its name.

A variable, field or function is mostly named after the type of what it holds: `g_pRenderer`, `logController`,
`client.LoadBalancer`. And the file that defines a class is mostly named after it. So a class is looked for in the files
that are named like the object.
"""

import re
from collections.abc import Iterator, Sequence

from dovetail_context.languages.paths import nearest_first, parent
from dovetail_context.meaning.names import Definition
from dovetail_context.records.record import CLASS, KIND_BITS
from dovetail_context.retrieve.likelihood.affinity import parts_of
from dovetail_context.retrieve.likelihood.name_features import MAX_SYMBOLS_OF_FILE
from dovetail_context.retrieve.situation import Situation
from dovetail_context.work import counted

MAX_CLASSES = 4  # for one name
MAX_FILES = 4  # opened for one name, the nearest first
MAX_NAMED = 200  # a name that more files have (index, mod, main) says nothing of what is in them

_CALLS_AND_INDICES = re.compile(r"\W+$")


def last_name(access: str) -> str:
    """Return the name of what an access path leads to, which a call or an index behind it does not change."""
    return _CALLS_AND_INDICES.sub("", access).rpartition(".")[2]


def namesakes(name: str, situation: Situation) -> tuple[Definition, ...]:
    """Return the classes of the project that a value of this name is named after, the nearest first."""
    words = parts_of(name)
    return tuple(_classes(words, situation)) if words else ()


def _classes(words: Sequence[str], situation: Situation) -> Iterator[Definition]:
    own, language, left = situation.query.path, situation.record.language, MAX_CLASSES
    files = situation.snapshot.files
    named = {path for end in ("", "s") for path in files.named("".join(words) + end) if path != own}
    if len(named) > MAX_NAMED:
        return
    for path in nearest_first(named, parent(own))[:MAX_FILES]:
        if files.language_of(path) != language:
            continue
        record = situation.record_of(path)
        names, traits = record.heads
        for place, trait in enumerate(counted(traits[:MAX_SYMBOLS_OF_FILE])):
            if trait & KIND_BITS == CLASS and set(words) <= set(parts_of(names[place])):
                yield Definition(path, record.symbol(place))
                left -= 1
                if left <= 0:
                    return
