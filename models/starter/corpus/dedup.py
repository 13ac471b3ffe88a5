"""Near-deduplication at repository level (paper section 2.3): a whole project is one text, compared by MinHash. Pure.

Whole projects rather than files, so that no project is left with holes. Exact copies of a file (vendored code) go as
well.
"""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
from models.starter.corpus.projects import Project

PERMUTATIONS = 128  # standard error of the similarity about 0.04
BANDS = 32  # of 4 rows: projects of similarity 0.7 meet in some band with probability 0.9999
SIMILAR = 0.7  # Jaccard similarity of line triples from which the smaller project goes
EMPTY = (1 << 64) - 1  # in the signature of a project with nothing to compare


def without_duplicates(projects: Iterable[Project]) -> tuple[list[Project], list[tuple[str, str]], int]:
    """(projects kept, (dropped, the one that it resembles), exact copies of files dropped).

    Larger projects are kept over smaller ones.
    """
    kept: list[Project] = []
    dropped: list[tuple[str, str]] = []
    bands: dict[tuple[int, bytes], list[int]] = {}
    signatures: list[np.ndarray] = []
    for project in sorted(projects, key=lambda project: (-sum(len(file.text) for file in project.files), project.name)):
        signature = minhash(_line_triples(project))
        if signature[0] == EMPTY:
            kept.append(project)
            signatures.append(signature)
            continue
        keys = [(band, part.tobytes()) for band, part in enumerate(np.split(signature, BANDS))]
        candidates = sorted({index for key in keys for index in bands.get(key, ())})
        twin = next((index for index in candidates if similarity(signature, signatures[index]) >= SIMILAR), None)
        if twin is not None:
            dropped.append((project.name, kept[twin].name))
            continue
        for key in keys:
            bands.setdefault(key, []).append(len(kept))
        kept.append(project)
        signatures.append(signature)
    copies, unique = _without_copies(kept)
    return unique, dropped, copies


def minhash(shingles: Iterable[bytes]) -> np.ndarray:
    """A signature of PERMUTATIONS minima; equal sets give equal signatures."""
    rng = np.random.default_rng(0)
    factors = rng.integers(0, 1 << 63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    digests = (hashlib.blake2b(shingle, digest_size=8).digest() for shingle in shingles)
    hashes = np.unique(np.fromiter((int.from_bytes(digest) for digest in digests), np.uint64))
    signature = np.full(PERMUTATIONS, EMPTY, np.uint64)
    for block in np.array_split(hashes, max(1, len(hashes) // 4096)):
        if len(block):
            values = (
                block[:, None] * factors
            )  # modulo 2^64; its high bits are mixed well, and the minimum looks at these
            signature = np.minimum(signature, values.min(axis=0))
    return signature


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """Estimated Jaccard similarity of the two sets behind the signatures."""
    return float((one == other).mean())


def _line_triples(project: Project) -> Iterator[bytes]:
    for file in project.files:
        lines = [stripped for line in file.text.split("\n") if (stripped := line.strip())]
        for start in range(len(lines) - 2):
            yield "\n".join(lines[start : start + 3]).encode()


def _without_copies(projects: list[Project]) -> tuple[int, list[Project]]:
    seen: set[bytes] = set()
    copies = 0
    unique = []
    for project in projects:
        files = []
        for file in project.files:
            digest = hashlib.blake2b(file.text.encode(), digest_size=16).digest()
            if digest in seen:
                copies += 1
            else:
                seen.add(digest)
                files.append(file)
        unique.append(Project(project.name, project.language, tuple(files)))
    return copies, unique
