"""Floor 5: tf.function."""

import functools


def function(func=None, input_signature=None, autograph=True, jit_compile=None, reduce_retracing=False, **options):
    """Marks a function of tensors as one step of a program.

    The function runs as it is written, op by op: Python's `if` and `for` see real values, so there is nothing to
    convert. The arguments are TensorFlow's; they do not change what the function computes.

    Args:
        func: the function; None to use `tf.function(...)` with options as a decorator.
        input_signature: a list of `tf.TensorSpec`, one per positional argument.
        autograph, jit_compile, reduce_retracing: accepted.

    Returns:
        A `Function`, called as `func` is.
    """
    if func is None:
        return lambda f: Function(f, input_signature)
    return Function(func, input_signature)


class Function:
    """What `tf.function` makes of a Python function."""

    def __init__(self, python_function, input_signature=None):
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature

    def __call__(self, *args, **kwargs):
        return self.python_function(*args, **kwargs)

    def __get__(self, instance, owner):
        return self if instance is None else functools.partial(self, instance)

    def get_concrete_function(self, *args, **kwargs):
        """The function for arguments like these: the function itself."""
        return self
