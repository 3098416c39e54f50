"""Floor 7: einops' patterns, and blocks of an image as channels."""

import math
import re

from tinynn import ops
from tinynn.keras.config import image_data_format
from tinynn.keras.ops.dispatch import op, tensor

_ITEM = re.compile(r"\(([^()]*)\)|(\.\.\.|[A-Za-z_]\w*|1)|(\S)")


@op
def rearrange(tensor_or_list, pattern, **axes_lengths):
    """A tensor with its axes reordered, split and joined, by a pattern: "b (h p) c -> b h (p c)".

    Args:
        tensor_or_list: a tensor, or a list of tensors, which are stacked first.
        pattern: the names of the axes before and after "->"; what stands in parentheses is one axis, 1 is an axis of
            length 1, and ... stands for all axes that are not named.
        **axes_lengths: lengths of named axes, where the pattern splits one.

    Source: Rogozhnikov: Einops, clear and reliable tensor manipulations with Einstein-like notation (2022).

    Example:
        >>> keras.ops.rearrange(np.zeros((2, 6, 3)), "b (h p) c -> b h (p c)", p=2).shape
        TensorShape([2, 3, 6])
    """
    x = tensor_or_list
    x = ops.stack([tensor(one) for one in x]) if isinstance(x, (list, tuple)) else tensor(x)
    if pattern.count("->") != 1:
        raise ValueError(f'a pattern has one "->", as "h w -> w h", got {pattern!r}')
    before, after = (_groups(side, pattern) for side in pattern.split("->"))
    before, after = _without_dots(before, after, len(x.shape), pattern)
    lengths = _lengths(before, tuple(x.shape), axes_lengths, pattern)
    first, last = ([name for group in side for name in group] for side in (before, after))
    if sorted(first) != sorted(last):
        raise ValueError(f"both sides of {pattern!r} must name the same axes; {sorted({*first} ^ {*last})} differ")
    x = ops.transpose(ops.reshape(x, [lengths[name] for name in first]), [first.index(name) for name in last])
    return ops.reshape(x, [math.prod(lengths[name] for name in group) for group in after])


def _groups(side, pattern):
    """The axes of one side: for each the names that it is made of; "..." for those that are not named."""
    groups = []
    for inner, name, wrong in _ITEM.findall(side):
        if wrong:
            raise ValueError(f"{wrong!r} in the pattern {pattern!r} is not understood")
        names = [name] if name else inner.split()
        groups.append("..." if name == "..." else [n for n in names if n != "1"])
    names = [name for group in groups if group != "..." for name in group]
    if len(set(names)) != len(names):
        raise ValueError(f"an axis is named twice on one side of {pattern!r}")
    return groups


def _without_dots(before, after, rank, pattern):
    """Both sides with names for the axes that ... stands for."""
    count = rank - len(before) + ("..." in before)
    if count < 0 or (count and "..." not in before):
        raise ValueError(f"the pattern {pattern!r} names {len(before)} axes, the tensor has {rank}")
    names = [f"...{i}" for i in range(count)]
    return tuple([part for group in side for part in (
        [[name] for name in names] if group == "..." else
        [[name for n in group for name in (names if n == "..." else [n])]])] for side in (before, after))


def _lengths(groups, shape, given, pattern):
    """The length of every named axis."""
    lengths = dict(given)
    for group, n in zip(groups, shape, strict=True):
        unknown = [name for name in group if name not in lengths]
        if len(unknown) > 1:
            raise ValueError(f"{pattern!r} splits an axis into {group}: give the lengths of all but one of them")
        known = math.prod(lengths[name] for name in group if name in lengths)
        if unknown:
            lengths[unknown[0]] = n // known if known else 0
        if math.prod(lengths[name] for name in group) != n:
            raise ValueError(f"an axis of length {n} does not split into {group} of {pattern!r} with "
                             f"{ {name: lengths[name] for name in group if name in given} }")
    return lengths


@op
def depth_to_space(x, block_size, data_format=None):
    """Blocks of pixels from channels: (batch, height, width, c b b) becomes (batch, height b, width b, c).

    Args:
        x: images.
        block_size: b.
        data_format: "channels_last", or "channels_first".
    """
    first = _checked(x, block_size, data_format)
    channels = x.shape[1 if first else -1]
    if channels % block_size ** 2:
        raise ValueError(f"the number of channels must be divisible by block_size² = {block_size ** 2}, got {channels}")
    pattern = "n (p q c) h w -> n c (h p) (w q)" if first else "n h w (p q c) -> n (h p) (w q) c"
    return rearrange(x, pattern, p=block_size, q=block_size)


@op
def space_to_depth(x, block_size, data_format=None):
    """Blocks of pixels as channels: (batch, height b, width b, c) becomes (batch, height, width, c b b).

    Args:
        x: images.
        block_size: b.
        data_format: "channels_last", or "channels_first".
    """
    first = _checked(x, block_size, data_format)
    extents = tuple(x.shape)[2:] if first else tuple(x.shape)[1:3]
    if any(n % block_size for n in extents):
        raise ValueError(f"height and width must be divisible by block_size={block_size}, got {extents}")
    pattern = "n c (h p) (w q) -> n (p q c) h w" if first else "n (h p) (w q) c -> n h w (p q c)"
    return rearrange(x, pattern, p=block_size, q=block_size)


def _checked(x, block_size, data_format):
    """Whether channels stand in front; what is given is looked at."""
    data_format = data_format or image_data_format()
    if data_format not in ("channels_first", "channels_last"):
        raise ValueError(f"`data_format` is 'channels_last' or 'channels_first', got {data_format!r}")
    if not isinstance(block_size, int) or block_size < 2:
        raise ValueError(f"`block_size` must be an int of 2 or more, got {block_size!r}")
    if len(x.shape) != 4:
        raise ValueError(f"images have four axes, got shape {tuple(x.shape)}")
    return data_format == "channels_first"
