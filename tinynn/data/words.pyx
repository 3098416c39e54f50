"""Floor 6: the random words that orders are drawn from: Philox 4x32-10, keyed and counted as TensorFlow does for data.

Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011. `ops.philox` has it in NumPy, and the seeds of
`tf.random`, which are scrambled first; here they are the key and the upper half of the counter as they are.
"""
from libc.stdint cimport uint32_t, uint64_t

import numpy as np


def words(pair, uint64_t first, Py_ssize_t blocks):
    """Words 4 first to 4 (first + blocks) of the stream that a pair of 64-bit seeds keys; uint64, each below 2³²."""
    cdef uint64_t key = pair[0], high = pair[1], x, y
    cdef uint32_t c0, c1, c2, c3, k0, k1
    cdef Py_ssize_t i, turn
    buffer = bytearray(32 * blocks)
    cdef uint64_t *out = <uint64_t *><char *>buffer
    for i in range(blocks):
        c0, c1 = <uint32_t>(first + <uint64_t>i), <uint32_t>((first + <uint64_t>i) >> 32)
        c2, c3, k0, k1 = <uint32_t>high, <uint32_t>(high >> 32), <uint32_t>key, <uint32_t>(key >> 32)
        for turn in range(10):
            x, y = <uint64_t>c0 * <uint64_t>0xD2511F53, <uint64_t>c2 * <uint64_t>0xCD9E8D57
            c0, c1, c2, c3 = <uint32_t>(y >> 32) ^ c1 ^ k0, <uint32_t>y, <uint32_t>(x >> 32) ^ c3 ^ k1, <uint32_t>x
            k0, k1 = k0 + <uint32_t>0x9E3779B9, k1 + <uint32_t>0xBB67AE85
        out[4 * i], out[4 * i + 1], out[4 * i + 2], out[4 * i + 3] = c0, c1, c2, c3
    return np.frombuffer(buffer, np.uint64)
