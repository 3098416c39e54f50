"""Floor 7: the intersection of two regions, divided by their union."""

import warnings

from tinynn import ops
from tinynn.autodiff.tensor import operand
from tinynn.core.dtypes import as_dtype
from tinynn.core.errors import user_frame_depth
from tinynn.keras.config import epsilon
from tinynn.keras.metrics.base import Metric


class IoU(Metric):
    """TP / (TP + FP + FN) of classes, averaged over some of them.

    Args:
        num_classes: how many classes there are.
        target_class_ids: the classes to average over.
        name: as for `Metric`.
        dtype: the type of the counts; None for int64.
        ignore_class: a class number whose samples do not count.
        sparse_y_true, sparse_y_pred: whether targets and predictions are class numbers, not one number per class.
        axis: the axis of the classes where they are not.
    """

    arguments = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_true=True,
                 sparse_y_pred=True, axis=-1):
        super().__init__("int64" if dtype in (None, "int") else dtype, name)
        if max(target_class_ids) >= num_classes:
            raise ValueError(f"Target class id {max(target_class_ids)} is out of range, which is [0, {num_classes})")
        self.num_classes, self.target_class_ids = num_classes, list(target_class_ids)
        self.ignore_class, self.axis = ignore_class, axis
        self.sparse_y_true, self.sparse_y_pred = sparse_y_true, sparse_y_pred
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch into the confusion matrix: rows are true classes, columns predicted ones."""
        y_true = self._numbers(y_true, self.sparse_y_true)
        y_pred = self._numbers(y_pred, self.sparse_y_pred)
        weight = ops.ones(y_true.shape, "float64")
        if sample_weight is not None:
            weight = operand(sample_weight)
            if weight.dtype.is_floating and not as_dtype(self.dtype).is_floating:
                warnings.warn(f"the sample weight is float and the metric counts in {self.dtype}, an int type: casting "
                              "cuts weights to whole numbers; make the metric with dtype='float32'",
                              stacklevel=user_frame_depth())
            weight = ops.cast(ops.cast(weight, self.dtype), "float64")
            weight = ops.broadcast_to(ops.reshape(weight, (-1,)), y_true.shape)
        if self.ignore_class is not None:
            weight = weight * ops.cast(ops.not_equal(y_true, self.ignore_class), "float64")
        # a class number outside the range has a row of zeros, and so does not count
        rows, columns = (ops.one_hot(y, self.num_classes, dtype="float64") for y in (y_true, y_pred))
        matrix = ops.matmul(ops.transpose(rows * ops.expand_dims(weight, -1)), columns)
        self.total_cm.assign_add(ops.cast(matrix, self.dtype))

    def _numbers(self, y, sparse):
        y = operand(y)
        y = y if sparse else ops.argmax(y, axis=self.axis)
        return ops.reshape(ops.cast(y, "int64"), (-1,))

    def result(self):
        """The mean over the target classes that occur."""
        matrix = ops.cast(self.total_cm, "float32")
        hits = ops.reduce_sum(matrix * ops.eye(self.num_classes), axis=0)
        union = ops.reduce_sum(matrix, axis=0) + ops.reduce_sum(matrix, axis=1) - hits
        hits, union = (ops.gather(x, self.target_class_ids) for x in (hits, union))
        occurs = ops.cast(union > 1e-9, "float32")
        return ops.reduce_sum(occurs * hits / (union + epsilon())) / (ops.reduce_sum(occurs) + epsilon())


class BinaryIoU(IoU):
    """The IoU of two classes, for predictions between 0 and 1 that say class 1 from `threshold` on."""

    arguments = ("target_class_ids", "threshold")

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Counts a batch of targets (0 or 1) and predictions (in [0, 1])."""
        says = ops.cast(ops.cast(operand(y_pred), "float32") >= float(self.threshold), self.dtype)
        super().update_state(y_true, says, sample_weight)


class MeanIoU(IoU):
    """The IoU averaged over all classes; arguments as for `IoU`."""

    arguments = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_true=True, sparse_y_pred=True,
                 axis=-1):
        super().__init__(num_classes, range(num_classes), name, dtype, ignore_class, sparse_y_true, sparse_y_pred, axis)


class OneHotIoU(IoU):
    """The IoU for one-hot targets; arguments as for `IoU`."""

    arguments = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_pred", "axis")

    def __init__(self, num_classes, target_class_ids, name=None, dtype=None, ignore_class=None, sparse_y_pred=False,
                 axis=-1):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)


class OneHotMeanIoU(MeanIoU):
    """The IoU averaged over all classes, for one-hot targets; arguments as for `IoU`."""

    arguments = ("num_classes", "ignore_class", "sparse_y_pred", "axis")

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
