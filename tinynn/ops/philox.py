"""Random numbers as a pure function of seed and shape: Philox 4x32-10, the numbers of TensorFlow on a CPU.

Philox (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) turns a counter and a key into four
words of 32 random bits.  Item i of an array comes from counter start + i // group, so any part can be computed alone.
`xp` is numpy or cupy; `seed` is an integer array of shape (2,), as for `tf.random.stateless_uniform`, or (3,), as the
state of a `tf.random.Generator`: the counter to start from, its lower half first, and the key.
"""

from __future__ import annotations

import math

MASK = 0xFFFFFFFF


def philox(xp, counter, key):
    """Ten rounds. counter: four uint64 arrays of 32-bit words, key: two such words. Returns four uint64 arrays."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    mask = xp.uint64(MASK)
    for _ in range(10):
        p0, p1 = c0 * xp.uint64(0xD2511F53), c2 * xp.uint64(0xCD9E8D57)
        c0, c1, c2, c3 = (
            (p1 >> xp.uint64(32)) ^ c1 ^ k0, p1 & mask,
            (p0 >> xp.uint64(32)) ^ c3 ^ k1, p0 & mask,
        )  # fmt: skip
        k0, k1 = (k0 + xp.uint64(0x9E3779B9)) & mask, (k1 + xp.uint64(0xBB67AE85)) & mask
    return c0, c1, c2, c3


def words(xp, seed, calls):
    """The words of the given calls, uint64 [..., 4]. A seed of two is scrambled into key and first counter."""
    seed, mask, half = seed.astype(xp.uint64), xp.uint64(MASK), xp.uint64(32)
    if seed.shape == (3,):
        low, key = calls + seed[:1], seed[2:]
        high = seed[1:2] + (low < seed[:1]).astype(xp.uint64)
        counter = (low & mask, low >> half, high & mask, high >> half)
        return xp.stack(philox(xp, counter, (key & mask, key >> half)), axis=-1)
    start = seed[:1] & mask, seed[:1] >> half, seed[1:] & mask, seed[1:] >> half
    k0, k1, c2, c3 = philox(xp, start, (xp.uint64(0x3EC8F720), xp.uint64(0x02461E29)))
    counter = (calls & mask, calls >> half, c2, c3)     # beyond 2**64 calls nothing carries
    return xp.stack(philox(xp, counter, (k0, k1)), axis=-1)


def unit(xp, bits, dtype):
    """Words [..., n] to floats in [0, 1): the mantissa is 23 bits of each, or 52 of two, the high ones first."""
    if xp.dtype(dtype) == xp.float32:
        mantissa = (bits & xp.uint64(0x7FFFFF)) | xp.uint64(127 << 23)
        return mantissa.astype(xp.uint32).view(xp.float32) - xp.float32(1)
    mantissa = ((bits[..., 0::2] & xp.uint64(0xFFFFF)) << xp.uint64(32)) | bits[..., 1::2]
    return (mantissa | xp.uint64(1023 << 52)).view(xp.float64) - 1.0


def box_muller(xp, u):
    """Uniform pairs [..., 2 n] to normal pairs: the sine, then the cosine. Functions are rounded once, to u's dtype."""
    u = u.reshape(u.shape[:-1] + (u.shape[-1] // 2, 2))
    real = u.dtype.type
    first = xp.maximum(u[..., 0], real(1e-7)).astype(xp.float64)
    angle = (2 * math.pi * u[..., 1].astype(xp.float64)).astype(u.dtype).astype(xp.float64)
    radius = xp.sqrt(real(-2) * xp.log(first).astype(u.dtype))
    pairs = xp.stack((xp.sin(angle).astype(u.dtype) * radius, xp.cos(angle).astype(u.dtype) * radius), axis=-1)
    return pairs.reshape(pairs.shape[:-2] + (2 * pairs.shape[-2],))


def _group(xp, dtype):
    """How many outputs one call gives."""
    return 16 // xp.dtype(dtype).itemsize


def _calls(xp, shape, group):
    return xp.arange(-(-math.prod(shape) // group), dtype=xp.uint64)


def _shaped(values, shape):
    return values.reshape(-1)[: math.prod(shape)].reshape(shape)


def bits(xp, seed, shape, dtype="uint32"):
    """Raw words as uint32 or int32, or two of them, the lower first, as uint64 or int64."""
    if xp.dtype(dtype).itemsize == 8:
        pairs = bits(xp, seed, (*shape, 2)).astype(xp.uint64)
        return (pairs[..., 0] | pairs[..., 1] << xp.uint64(32)).view(xp.dtype(dtype))
    return _shaped(words(xp, seed, _calls(xp, shape, 4)).astype(xp.uint32).view(xp.dtype(dtype)), shape)


def uniform(xp, seed, shape, dtype="float32"):
    """Uniform in [0, 1)."""
    return _shaped(unit(xp, words(xp, seed, _calls(xp, shape, _group(xp, dtype))), dtype), shape)


def normal(xp, seed, shape, dtype="float32"):
    """Standard normal, by Box and Muller."""
    return _shaped(box_muller(xp, unit(xp, words(xp, seed, _calls(xp, shape, _group(xp, dtype))), dtype)), shape)


def truncated_normal(xp, seed, shape, dtype="float32"):
    """Standard normal, drawn again where it is not within (-2, 2).

    A group of outputs is the first that pass of a run of its own, for which 256 words per output are reserved. Eight
    calls are looked at: that too few of their normals pass has a chance below 1e-10 (float64; 1e-30 for float32).
    """
    group, tries = _group(xp, dtype), 8
    calls = _calls(xp, shape, group)[:, None] * xp.uint64(64 * group) + xp.arange(tries, dtype=xp.uint64)
    values = box_muller(xp, unit(xp, words(xp, seed, calls), dtype)).reshape(len(calls), tries * group)
    passing_first = xp.argsort((xp.abs(values) >= 2).astype(xp.uint8), axis=1, kind="stable")[:, :group]
    return _shaped(xp.take_along_axis(values, passing_first, axis=1), shape)
