"""Floor 4: rows with the numbers of the rows that they stand for, and writing some of a variable's values."""

from tinynn.autodiff.notes import slices
from tinynn.autodiff.tensor import convert, operand
from tinynn.core.shapes import TensorShape
from tinynn.ops.gather import tensor_scatter_nd_add, tensor_scatter_nd_sub, tensor_scatter_nd_update
from tinynn.ops.layout import expand_dims
from tinynn.ops.segment import tensor_scatter_nd_max, tensor_scatter_nd_min, unsorted_segment_sum


class IndexedSlices:
    """Rows of a larger tensor whose other rows are 0; a row that is named twice is a sum.

    Gradients are dense here, and optimizers know of what rows such a one is the sum. It is what `Variable.scatter_add`
    and its kin take, and becomes a tensor where an op needs one.

    Args:
        values: the rows.
        indices: their numbers.
        dense_shape: the shape of the whole tensor; needed to make it.

    Example:
        >>> tf.convert_to_tensor(tf.IndexedSlices([[1.0], [2.0]], indices=[0, 2], dense_shape=(3, 1)))
    """

    def __init__(self, values, indices, dense_shape=None):
        self.values, self.indices = convert(values), convert(indices)
        self.dense_shape = None if dense_shape is None else convert(dense_shape)

    @property
    def dtype(self):
        """The element type of the rows."""
        return self.values.dtype

    @property
    def shape(self):
        """The shape of the whole tensor, as far as it is known."""
        whole = (None, *self.values.shape[1:]) if self.dense_shape is None else self.dense_shape.numpy()
        return TensorShape(whole)

    def __tensor__(self):
        if self.dense_shape is None:
            raise ValueError("IndexedSlices without dense_shape cannot become a tensor: how many rows has it?")
        total = unsorted_segment_sum(self.values, self.indices, int(self.dense_shape[0]))
        slices.set(total, [(self.values, self.indices)])
        return total

    def __neg__(self):
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

    def __repr__(self):
        return f"IndexedSlices(indices={self.indices}, values={self.values}, dense_shape={self.dense_shape})"


_WAYS = {"update": tensor_scatter_nd_update, "add": tensor_scatter_nd_add, "sub": tensor_scatter_nd_sub,
         "max": tensor_scatter_nd_max, "min": tensor_scatter_nd_min}


def update_at(variable, way, indices, updates):
    """Writes into some of a variable's values, and returns it.

    Args:
        way: "update", "add", "sub", "max" or "min".
        indices: index tuples along the last axis; None where `updates` are IndexedSlices.
        updates: the values.
    """
    if indices is None:
        if not isinstance(updates, IndexedSlices):
            raise TypeError(f"this takes tf.IndexedSlices(values, indices), got {type(updates).__name__}; with index "
                            f"tuples use scatter_nd_{way}(indices, updates)")
        indices, updates = expand_dims(updates.indices, -1), updates.values
    return variable.assign(_WAYS[way](variable, indices, operand(updates, variable.dtype)))
