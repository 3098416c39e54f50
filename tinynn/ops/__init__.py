"""Floor 4: every operation, under one flat list of names. One family per file; this file only collects them."""

from tinynn.ops import (
    activation,
    array,
    bitwise,
    broadcast,
    complex,
    control,
    conv,
    convolution,
    create,
    decompose,
    diagonal,
    distributions,
    einsum,
    elementary,
    fourier,
    frames,
    fused,
    gated,
    gather,
    generator,
    host,
    index,
    layout,
    linalg,
    logic,
    loss,
    masks,
    math,
    nn,
    normalize,
    norms,
    partition,
    placement,
    protocol,
    random,
    reduce,
    scan,
    segment,
    slices,
    softmax,
    sort,
    special,
    spectral,
    trig,
    update,
    view,
    windows,
)

protocol.attach_operators()


def _public(family):
    """What a family defines."""
    return {name: value for name, value in vars(family).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == family.__name__}


_FAMILIES = (
    broadcast, elementary, math, trig, logic, bitwise, special, activation, gated, softmax, loss, reduce, scan, view,
    layout, index, gather, array, create, complex, linalg, einsum, decompose, diagonal, spectral, segment, slices,
    masks, normalize, norms, partition, fourier, frames, fused, sort, host, placement, update, control, random,
    generator, distributions, windows, convolution, conv, nn)
for _family in _FAMILIES:
    globals().update(_public(_family))
