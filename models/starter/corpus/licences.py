"""Which licences the corpus accepts, and how a package's own words are read as one of them. No I/O."""

import re

# Permissive only: no copyleft, no "source available", no licence that restricts use.
PERMISSIVE = frozenset(
    [
        "MIT",
        "MIT-0",
        "BSD",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSD-4-Clause",
        "Apache-2.0",
        "ISC",
        "0BSD",
        "Zlib",
        "Unlicense",
        "CC0-1.0",
        "PSF-2.0",
        "Python-2.0",
        "BSL-1.0",
        "BlueOak-1.0.0",
        "HPND",
        "MIT-CMU",
        "curl",
        "PostgreSQL",
        "ICU",
        "Unicode-3.0",
        "public-domain",
        "NCSA",
        "X11",
    ]
)

_SPELLINGS = (  # (what the metadata says, what it means); tried in order on the whole phrase in lower case
    (r"mit[- ]cmu|cmu", "MIT-CMU"),
    (r"(the )?mit([ -]license| license.*)?|expat|mit-style|mit license \(mit\)", "MIT"),
    (r"mit-0", "MIT-0"),
    (
        r"apache([- ]software)?([- ]license)?[-, ]*(v(ersion)? ?)?(2(\.0)?)?( license)?|asl 2(\.0)?|apache-2",
        "Apache-2.0",
    ),
    (r"((new|modified|3-clause|revised|simplified|original) )*bsd([- ]license)?|bsd[- ]like|bsd-style.*", "BSD"),
    (
        r"(the )?bsd[- ]?3([- ]clause)?([- ]license)?|3-clause bsd( license)?|bsd[ -]3-clause.*|new bsd.*",
        "BSD-3-Clause",
    ),
    (r"bsd-3-google", "BSD-3-Clause"),
    (
        r"bsd[- ]?2([- ]clause)?([- ]license)?|2-clause bsd( license)?|bsd[ -]2-clause.*|simplified bsd.*",
        "BSD-2-Clause",
    ),
    (r"isc license|isc( license( \(iscl\))?)?", "ISC"),
    (r"zlib(/libpng)?( license)?", "Zlib"),
    (r"(psf|python software foundation)( license)?|psfl?(-2(\.0)?)?", "PSF-2.0"),
    (r"public[- ]domain|pd|the unlicense( \(unlicense\))?|unlicense", "public-domain"),
    (r"boost( software license)?([ -]1\.0.*)?|bsl-1(\.0)?", "BSL-1.0"),
    (r"historical permission notice and disclaimer( \(hpnd\))?|hpnd", "HPND"),
    (r"curl", "curl"),
    (r"cc0(-1\.0)?|creative commons zero.*", "CC0-1.0"),
)


def permissive_licence(phrase: str) -> str | None:
    """The SPDX-like expression behind a package's licence phrase, or None when any part of it is not permissive.

    `A OR B` needs one permissive side, `A AND B` (and commas, as Debian writes them) needs both.
    """
    phrase = phrase.strip().strip("()")
    if not phrase or len(phrase) > 200:
        return None
    either = re.split(r"\s+or\s+|\s*\|\s*|/(?=apache|mit)", phrase, flags=re.IGNORECASE)
    if len(either) > 1:
        allowed = [found for part in either if (found := permissive_licence(part))]
        return " OR ".join(dict.fromkeys(allowed)) or None
    both = re.split(r"\s+and\s+|\s*,\s+(?!version)", phrase, flags=re.IGNORECASE)
    if len(both) > 1:
        readings = [permissive_licence(part) for part in both]
        return None if None in readings else " AND ".join(dict.fromkeys(reading for reading in readings if reading))
    return _one_licence(phrase)


def _one_licence(phrase: str) -> str | None:
    for name in PERMISSIVE:
        if phrase.lower() == name.lower():
            return name
    for pattern, name in _SPELLINGS:
        if re.fullmatch(pattern, phrase.strip().lower()):
            return name
    return None
