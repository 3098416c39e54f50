"""Floor 3: the one door. Every computation passes bind(op, inputs, attributes):

1. the inputs become tensors, by TensorFlow's rules for mixed types; 2. the backend runs the op; 3. every observer on
this thread's stack (tapes, recorders) is told.
"""
from cpython.ref cimport PyObject, Py_DECREF, Py_INCREF, Py_XDECREF
from tinynn._bridge cimport TN_OPAQUE, Array, pause_reads
from tinynn.autodiff.operand cimport operators
from tinynn.autodiff.tensor cimport (Tensor, as_tensor, current_place, dtype_of, from_gpu, from_numpy, moved, of_type,
                                     place_of, to_numpy, writable_numpy)
from tinynn.autodiff.variable cimport Variable
from tinynn.backends.native cimport DECLINED, run as run_native
from tinynn.core.primitive cimport Primitive, set_door

import numpy as np

from tinynn.backends import gpu, reference
from tinynn.core import dtypes
from tinynn.core.errors import InvalidArgumentError

cdef extern from *:
    """static _Thread_local PyObject *tn_observers = NULL;  /* this thread's list of observers, or NULL */"""
    PyObject *tn_observers

cdef extern from *:
    """static _Thread_local int tn_casting = 0;  /* how many `casting` contexts this thread is in */"""
    int tn_casting


cdef class Observer:
    cdef int accessed(self, Variable variable) except -1:
        return 0

    cdef int record(self, Primitive op, tuple inputs, tuple attributes, object outputs) except -1:
        return 0


cdef int push(Observer observer) except -1:
    """Puts an observer on this thread's stack."""
    global tn_observers
    cdef list stack
    if tn_observers == NULL:
        stack = [observer]
        Py_INCREF(stack)
        tn_observers = <PyObject *>stack
    else:
        (<list>tn_observers).append(observer)
    return 0


cdef int remove(Observer observer) except -1:
    """Takes an observer off this thread's stack, wherever it stands."""
    global tn_observers
    cdef list stack
    if tn_observers == NULL:
        return 0
    stack = [o for o in <list>tn_observers if o is not observer]
    Py_DECREF(<list>tn_observers)
    tn_observers = NULL
    if stack:
        Py_INCREF(stack)
        tn_observers = <PyObject *>stack
    return 0


def observed():
    """Whether a tape, or anything else, is told of the ops of this thread."""
    return tn_observers != NULL


cdef class silence:
    """A context in which no observer of this thread is told anything: no tape records, no recorder captures."""
    cdef list before

    def __enter__(self):
        global tn_observers
        if tn_observers != NULL:
            self.before = <list>tn_observers
            Py_DECREF(self.before)
            tn_observers = NULL

    def __exit__(self, *exception):
        global tn_observers
        if tn_observers != NULL:
            Py_DECREF(<list>tn_observers)
            tn_observers = NULL
        if self.before is not None:
            Py_INCREF(self.before)
            tn_observers = <PyObject *>self.before
            self.before = None


cdef class casting:
    """A context in which an op reads a variable as its `cast_to` says, where it has one: mixed precision."""

    def __enter__(self):
        global tn_casting
        tn_casting += 1

    def __exit__(self, *exception):
        global tn_casting
        tn_casting -= 1


def is_casting():
    """Whether this thread is in a `casting` context."""
    return tn_casting > 0


cdef object bind(Primitive op, tuple inputs, tuple attributes):
    cdef bint plain = True
    cdef int dtype = -1
    cdef Py_ssize_t i
    cdef Array array
    cdef tuple tensors = inputs
    for i in range(len(inputs)):
        if type(inputs[i]) is not Tensor:
            plain = False
        elif not op.mixed >> (0 if op.variadic else i) & 1:
            array = <Array>inputs[i]
            if dtype < 0:
                dtype = array.view.dtype
            elif dtype != array.view.dtype:
                return bind(op, together(op, inputs), attributes)
    if not plain:
        for item in inputs:
            if not isinstance(item, Array) and type(item) is not float and hasattr(type(item), "__tinynn_bind__"):
                return item.__tinynn_bind__(op, inputs, attributes)
        tensors = resolve(op, inputs)
    outputs = run_native(op, tensors, attributes, Tensor)
    if outputs is DECLINED:
        if on_gpu(tensors):
            tensors = together(op, tensors)
            outputs = run_on_gpu(op, tensors, attributes)
        else:
            outputs = run_reference(op, tensors, attributes)
    if tn_observers != NULL:
        for observer in <list>tn_observers:
            (<Observer>observer).record(op, tensors, attributes, outputs)
    return outputs


cdef tuple resolve(Primitive op, tuple inputs):
    """The inputs as tensors of one type; variables that are written are made ready for it."""
    cdef int dtype = -1, code
    cdef Py_ssize_t i, n = len(inputs)
    cdef list tensors = list(inputs)
    cdef Tensor tensor
    for i in range(n):      # first what is written, while nobody else holds the value
        if op.writes >> i & 1 and not op.variadic:
            if not isinstance(inputs[i], Variable):
                raise TypeError(f"{op.name} changes its argument {op.inputs[i]!r}, which must be a tf.Variable; "
                                f"got {type(inputs[i]).__name__}")
            (<Variable>inputs[i]).prepare_write()
    for i in range(n):
        item = inputs[i]
        if type(item) is Tensor:
            tensor = item
        elif isinstance(item, Variable):
            tensor = (<Variable>item).current
            if tn_casting and op.name != "cast" and (op.variadic or not op.writes >> i & 1):
                wanted = getattr(item, "cast_to", None)
                if wanted is not None:
                    tensor = operators.cast(item, wanted)
            tensors[i] = tensor
            if tn_observers != NULL:
                for observer in <list>tn_observers:
                    (<Observer>observer).accessed(item)
        else:
            continue
        if not op.mixed >> (0 if op.variadic else i) & 1:
            code = tensor.view.dtype
            if dtype < 0:
                dtype = code
            elif dtype != code:
                return resolve(op, together(op, inputs))
    for i in range(n):
        if type(tensors[i]) is not Tensor:
            code = -1 if op.mixed >> (0 if op.variadic else i) & 1 else dtype
            try:
                if dtype < 0 or dtype == TN_OPAQUE or op.mixed:
                    tensor = placed(op, tensors, inputs[i], code)
                else:
                    tensor = as_tensor(inputs[i], code)
            except (TypeError, ValueError) as error:
                name = op.inputs[0 if op.variadic else i]
                raise type(error)(f"{op.name}, argument {name!r}: {error}") from None
            tensors[i] = tensor
            if code < 0 and dtype < 0 and not op.mixed >> (0 if op.variadic else i) & 1:
                dtype = tensor.view.dtype
    return tuple(tensors)


cdef object mismatch(Primitive op, tuple inputs):
    described = [f"{type(x).__name__} of {x.dtype.name}" for x in inputs if isinstance(x, Array)]
    wanted = next(x for x in inputs if isinstance(x, Array)).dtype.name
    return InvalidArgumentError(f"{op.name} got different dtypes: {', '.join(described)}. "
                                f"Convert one, as in tf.cast(x, tf.{wanted})")


cdef object run_reference(Primitive op, tuple tensors, tuple attributes):
    """The op's NumPy body."""
    cdef list arrays = []
    cdef Py_ssize_t i
    pause_reads(1)      # the values do not leave: what the body makes of them passes the door
    try:
        for i in range(len(tensors)):
            if op.writes >> i & 1 and not op.variadic:
                arrays.append(writable_numpy(tensors[i]))
            else:
                arrays.append(to_numpy(tensors[i]))
        result = reference.run(op, np, arrays, attributes)
    finally:
        pause_reads(-1)
    if result is None:
        return None
    if op.name == "move" and type(result) is not np.ndarray:
        return from_gpu(result)
    if isinstance(result, (tuple, list)):
        return tuple([from_numpy(np.asarray(r)) for r in result])
    return from_numpy(np.asarray(result))


# ---- on a GPU --------------------------------------------------------------------------------------------------------

cdef bint on_gpu(tuple tensors) except -1:
    """Whether one of them lives on a GPU."""
    for tensor in tensors:
        if (<Tensor>tensor).view.dtype == TN_OPAQUE and place_of(<Tensor>tensor) >= 0:
            return True
    return False


cdef Tensor placed(Primitive op, list tensors, object value, int code):
    """A Python value as a tensor, where the others are: on their GPU; without others, where `tf.device` says."""
    cdef int place = -2
    cdef bint alone = True
    cdef object dtype = None    # that of the others, where C does not know it
    for i, x in enumerate(tensors):
        if type(x) is Tensor:
            alone = False
            if place_of(<Tensor>x) >= 0:
                place = place_of(<Tensor>x)
            if code == TN_OPAQUE and not op.mixed >> (0 if op.variadic else i) & 1:
                dtype = dtype_of(<Tensor>x)
    if alone:
        place = current_place()
    cdef Tensor tensor = as_tensor(value, code) if dtype is None else of_type(value, dtype)
    return tensor if place < 0 else moved(tensor, place)


cdef tuple together(Primitive op, tuple inputs):
    """The inputs on one device: numbers (tensors without axes) follow the others to their GPU.

    Raises:
        InvalidArgumentError: other tensors are on different devices, or the dtypes differ.
    """
    cdef list moving = list(inputs), places, kinds
    cdef Py_ssize_t i
    places = [x.place if isinstance(x, Array) else None for x in inputs]
    gpus = {place for place in places if place is not None and place >= 0}
    if len(gpus) == 1 and -1 in places:
        home = gpus.pop()
        for i in range(len(inputs)):
            if places[i] == -1:
                if inputs[i].extents or (op.writes >> i & 1 and not op.variadic) or inputs[i].dtype == "string":
                    raise apart(op, inputs, places)
                moving[i] = operators.move(inputs[i], home)
    elif len(gpus) > 1:
        raise apart(op, inputs, places)
    kinds = [x.dtype for i, x in enumerate(moving)
             if isinstance(x, Array) and not op.mixed >> (0 if op.variadic else i) & 1]
    if any([kind != kinds[0] for kind in kinds]):
        raise mismatch(op, inputs)
    return tuple(moving)


cdef object apart(Primitive op, tuple inputs, list places):
    names = op.inputs * len(inputs) if op.variadic else op.inputs
    where = [f"{names[i]}{f' {i}' if op.variadic else ''} on {gpu.name_of(places[i])}"
             for i in range(len(inputs)) if places[i] is not None]
    return InvalidArgumentError(f"{op.name} got {' and '.join(where) if len(where) < 3 else ', '.join(where)}; "
                                "move one with .gpu() or .cpu()")


cdef object run_on_gpu(Primitive op, tuple tensors, tuple attributes):
    """The op's body, on the arrays of a GPU."""
    cdef list arrays = [(<Tensor>tensor).owner for tensor in tensors]
    result = gpu.run(op, arrays, attributes)
    if result is None:
        return None
    if op.name == "move" and type(result) is np.ndarray:
        return from_numpy(result)
    if isinstance(result, (tuple, list)):
        return tuple([from_gpu(r) for r in result])
    return from_gpu(result)


set_door(bind)
