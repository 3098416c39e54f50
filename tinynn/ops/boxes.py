"""Floor 4: boxes in images: [y1, x1, y2, x2] of two opposite corners."""

import math

import numpy as np

from tinynn.autodiff.tensor import operand, wrap
from tinynn.core.errors import InvalidArgumentError
from tinynn.ops.arguments import ints_of, on_extents
from tinynn.ops.broadcast import broadcast_to
from tinynn.ops.elementary import ceil, floor
from tinynn.ops.gather import gather_nd
from tinynn.ops.host import unrecorded
from tinynn.ops.layout import cast, expand_dims, stack
from tinynn.ops.logic import greater_equal, less_equal, logical_and, where
from tinynn.ops.math import clip_by_value


def non_max_suppression(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=-math.inf, name=None):
    """The numbers of the boxes that are kept, best first, where boxes that show the same thing overlap.

    A box is left out if more than `iou_threshold` of it and of a better one is common to both: the intersection over
    the union of their areas.

    Args:
        boxes: of shape (n, 4).
        scores: how good each is, of shape (n,).
        max_output_size: how many are kept at most.
        iou_threshold: 0 to 1.
        score_threshold: only better boxes are kept.

    Example:
        >>> tf.image.non_max_suppression([[0, 0, 1, 1], [0, 0, 1, 0.9], [0, 2, 1, 3]], [0.9, 0.8, 0.7], 3)
    """
    return non_max_suppression_with_scores(boxes, scores, max_output_size, iou_threshold, score_threshold)[0]


def non_max_suppression_with_scores(boxes, scores, max_output_size, iou_threshold=0.5, score_threshold=-math.inf,
                                    soft_nms_sigma=0.0, name=None):
    """`non_max_suppression`, and the scores of the boxes that are kept.

    Args:
        soft_nms_sigma: above 0, no box is left out for its overlap, and `iou_threshold` is not used: the score of one
            that overlaps a better one is multiplied by exp(-iou^2 / (2 sigma)) (Bodla et al., "Soft-NMS", ICCV 2017).

    Returns:
        The numbers, int32, and the scores.
    """
    unrecorded()
    boxes, scores = np.asarray(operand(boxes)), np.array(operand(scores))
    if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.shape != boxes.shape[:1]:
        raise InvalidArgumentError(f"boxes are of shape (n, 4), scores of (n,); got {boxes.shape}, {scores.shape}")
    if not 0 <= iou_threshold <= 1 or max_output_size < 0:
        raise InvalidArgumentError(f"iou_threshold is 0 to 1 and max_output_size at least 0; got {iou_threshold} and "
                                   f"{max_output_size}")
    kept, given, left = [], [], scores > score_threshold
    while left.any() and len(kept) < int(max_output_size):
        best = int(np.argmax(np.where(left, scores, -np.inf)))
        kept.append(best)
        given.append(scores[best])
        common = _common(boxes, boxes[best])
        if soft_nms_sigma:
            scores *= np.exp(-0.5 / soft_nms_sigma * common * common)
            left &= scores > score_threshold
        else:
            left &= common <= iou_threshold
        left[best] = False
    return wrap(np.array(kept, np.int32)), wrap(np.array(given, scores.dtype))


def _common(boxes, one):
    """The intersection over the union of boxes with one."""
    low, high = np.minimum(boxes[:, :2], boxes[:, 2:]), np.maximum(boxes[:, :2], boxes[:, 2:])
    low_one, high_one = np.minimum(one[:2], one[2:]), np.maximum(one[:2], one[2:])
    areas, area = (high - low).prod(axis=1), (high_one - low_one).prod()
    shared = np.maximum(np.minimum(high, high_one) - np.maximum(low, low_one), 0).prod(axis=1)
    return np.where((areas > 0) & (area > 0), shared / np.maximum(areas + area - shared, 1e-30), 0)


@on_extents
def crop_and_resize(image, boxes, box_indices, crop_size, method="bilinear", extrapolation_value=0.0, name=None):
    """Parts of images, each brought to one size.

    Args:
        image: several images, of shape (batch, height, width, channels).
        boxes: what to cut out, of shape (n, 4): 0 and 1 are the centres of the first and of the last pixel; where
            y1 > y2 or x1 > x2 a part is mirrored.
        box_indices: which image each box is of, of shape (n,).
        crop_size: the height and the width of the parts.
        method: "bilinear" or "nearest".
        extrapolation_value: what stands outside of the image.

    Returns:
        float32 of shape (n, *crop_size, channels).

    Example:
        >>> tf.image.crop_and_resize([[[[1.0], [2.0]], [[3.0], [4.0]]]], [[0, 0, 1, 1]], [0], (3, 3))[0, :, :, 0]
    """
    image, boxes, numbers = cast(operand(image), "float32"), cast(operand(boxes), "float32"), operand(box_indices)
    size = ints_of(crop_size)
    if method not in ("bilinear", "nearest"):
        raise ValueError(f'the method is "bilinear" or "nearest", got {method!r}')
    if image.ndim != 4 or boxes.ndim != 2 or boxes.shape[1] != 4 or numbers.shape != boxes.shape[:1]:
        raise InvalidArgumentError(
            f"image is of shape (batch, height, width, channels), boxes of (n, 4) and box_indices of (n,); got "
            f"{tuple(image.shape)}, {tuple(boxes.shape)} and {tuple(numbers.shape)}")
    if len(size) != 2 or min(size) < 1:
        raise InvalidArgumentError(f"crop_size is a height and a width above 0, got {size}")
    (y, y_inside), (x, x_inside) = [_places(boxes, axis, size[axis], image.shape[1 + axis]) for axis in (0, 1)]
    y, x = expand_dims(y, 2), expand_dims(x, 1)
    if method == "nearest":
        values = _picked(image, numbers, floor(y + 0.5), floor(x + 0.5), size)
    else:
        top, left = floor(y), floor(x)
        down, right = expand_dims(y - top, 3), expand_dims(x - left, 3)
        rows = []
        for row in (top, ceil(y)):
            first, second = _picked(image, numbers, row, left, size), _picked(image, numbers, row, ceil(x), size)
            rows.append(first + (second - first) * right)
        values = rows[0] + (rows[1] - rows[0]) * down
    inside = logical_and(expand_dims(y_inside, 2), expand_dims(x_inside, 1))
    return where(expand_dims(inside, 3), values, np.float32(extrapolation_value))


def _places(boxes, axis, count, extent):
    """Where the rows (axis 0) or columns (1) of the parts lie, of shape (n, count), and whether in the image."""
    first, last = boxes[:, axis:axis + 1] * float(extent - 1), boxes[:, axis + 2:axis + 3] * float(extent - 1)
    share = np.linspace(0, 1, count, dtype=np.float32)[None] if count > 1 else np.float32(0.5)
    places = first + (last - first) * share
    return places, logical_and(greater_equal(places, 0.0), less_equal(places, float(extent - 1)))


def _picked(image, numbers, rows, columns, size):
    """The pixels at rows and columns, floating-point whole numbers, that broadcast to (n, *size)."""
    shape = (numbers.shape[0], *size)
    place = [expand_dims(expand_dims(cast(numbers, "int32"), 1), 1)]
    for axis, index in enumerate((rows, columns)):
        place.append(cast(clip_by_value(index, 0.0, float(image.shape[1 + axis] - 1)), "int32"))
    return gather_nd(image, stack([broadcast_to(index, shape) for index in place], axis=-1))
