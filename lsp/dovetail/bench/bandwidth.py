"""How fast this machine reads its memory: the bound of decoding, which reads all weights for each token."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np

# Far more than any processor's cache.
BYTES_A_THREAD = 256 << 20
ROUNDS = 4


def read_bytes_per_s(threads: int) -> float:
    """The best of some rounds in which so many threads each sum up memory of their own."""
    blocks = [np.ones(BYTES_A_THREAD // 8, np.int64) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        best = 0.0
        for _ in range(ROUNDS):
            started = perf_counter()
            # A bitwise "or" keeps up with memory; the interpreter's lock is free meanwhile.
            list(pool.map(np.bitwise_or.reduce, blocks))
            best = max(best, threads * BYTES_A_THREAD / (perf_counter() - started))
    return best
