"""How fast this machine reads memory and multiplies.

These bound decoding, which reads all weights for each token, and prefill, which multiplies with them. Measuring takes
some tenths of a second; what else runs meanwhile lowers the figures.
"""

from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import numpy as np

MIN_BYTES_A_THREAD = 64 << 20
MIN_BYTES = 256 << 20
"""Of memory that is read in all: several times a processor's cache. Getting more from the system takes longer than to
read it."""

ROUNDS = 4
"""The number of rounds, of which the best counts: other processes can only slow a round down."""

WIDTH = 768
"""Rows and columns of the matrices: large enough to keep the processor busy, small enough for its cache."""


def read_bytes_per_s(threads: int) -> float:
    """Return the bytes a second that `threads` threads read together, each in memory of its own."""
    size = max(MIN_BYTES_A_THREAD, MIN_BYTES // threads)
    blocks = [np.ones(size // 8, np.int64) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        best = 0.0
        for _ in range(ROUNDS):
            started = perf_counter()
            # A bitwise "or" keeps up with memory; the interpreter's lock is free meanwhile.
            list(pool.map(np.bitwise_or.reduce, blocks))
            best = max(best, threads * size / (perf_counter() - started))
    return best


def multiplications_per_s(threads: int) -> float:
    """Return the multiplications (each with an addition) a second of float32 matrices, as many at a time as threads.

    numpy's library may use threads of its own; together they are no more than the cores.
    """
    pairs = [(np.ones((WIDTH, WIDTH), np.float32), np.ones((WIDTH, WIDTH), np.float32)) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        best = 0.0
        for _ in range(ROUNDS):
            started = perf_counter()
            list(pool.map(lambda pair: pair[0] @ pair[1], pairs))
            best = max(best, threads * WIDTH**3 / (perf_counter() - started))
    return best
