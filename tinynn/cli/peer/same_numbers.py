"""Floor 8: the same random numbers on both sides of a comparison.

Python's `random` and NumPy are seeded, and with them what Keras draws: its initializers, dropout and the like take
their seeds from Python's `random`, and tinynn makes the same numbers of a seed. What is left is replaced:

    tf.random.normal, uniform, ..., Generator     numbers of NumPy's, by kind, shape and how many of these there were
    the order of the samples in `fit`             tinynn's; TensorFlow gets the same
    Dataset.shuffle without a seed                gets one; both make the same order of it
    numpy.random.default_rng() without a seed     gets one

A `set_seed` of the program starts the replaced numbers anew, as it does its own.
"""

import random
import sys
import zlib

MASK = 2**64 - 1


def seed(job, notes):
    """{module: hook} that seed Python and NumPy."""
    if job["seed"] is None:
        return {}
    random.seed(job["seed"])

    def seed_numpy(module):
        """`numpy.random` was imported."""
        module.seed(job["seed"])
        numbers, original = Numbers(job["seed"]), module.default_rng

        def default_rng(seed=None):
            """As NumPy's; one without a seed gets one, by the line that asks for it."""
            frame = sys._getframe(1)
            own = frame.f_code.co_filename == job["file"]
            return original(numbers.seed("default_rng", frame.f_lineno) if seed is None and own else seed)

        module.default_rng = default_rng

    return {"numpy.random": seed_numpy}


def hooks(job, notes):
    """{module: hook} that replace the random numbers of an engine."""
    same = SameNumbers(Numbers(job["seed"]), notes)
    if job["engine"] == "tinynn":
        return {"tinynn": same.replace_functions, "tinynn.keras.random": same.notice_seeds,
                "tinynn.data.dataset": lambda module: same.replace_shuffle(module.Dataset),
                "tinynn.keras.training.data": same.replace_tinynns_order}
    return {"tensorflow": same.replace_tensorflow, "keras": same.replace_keras_order}


class Numbers:
    """NumPy generators: the first, second, ... of a kind are the same whatever else is drawn."""

    def __init__(self, seed):
        self.start, self.counts = seed, {}

    def restart(self, seed):
        """The program sets a seed."""
        self.start = int(seed) & MASK
        self.counts.clear()

    def generator(self, *kind):
        """The next generator of a kind."""
        from numpy.random import PCG64, Generator

        key = repr(kind)
        self.counts[key] = self.counts.get(key, -1) + 1
        return Generator(PCG64([self.start, zlib.crc32(key.encode()), self.counts[key]]))

    def seed(self, *kind):
        """The next seed of a kind."""
        return int(self.generator(*kind).integers(2**31))


class Order:
    """The orders of samples as tinynn draws them in C (csrc/program.c): Fisher and Yates's, by splitmix64."""

    def __init__(self, seed):
        self.seed = self.state = seed

    def restart(self):
        """Begins again with the first order."""
        self.state = self.seed

    def below(self, n):
        """A whole number from 0 to n - 1."""
        self.state = x = self.state + 0x9E3779B97F4A7C15 & MASK
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
        return (x ^ x >> 31) * n >> 64

    def permutation(self, n):
        """The numbers 0 ... n - 1 in the next order."""
        import numpy

        order = list(range(n))
        for i in range(n, 1, -1):
            j = self.below(i)
            order[i - 1], order[j] = order[j], order[i - 1]
        return numpy.array(order, numpy.int64)


def standard(generator, kind, shape):
    """Numbers of a standard distribution, in float64."""
    if kind == "uniform":
        return generator.random(shape)
    drawn = generator.standard_normal(shape)
    while kind == "truncated_normal" and (abs(drawn) > 2).any():
        drawn[abs(drawn) > 2] = generator.standard_normal(int((abs(drawn) > 2).sum()))
    return drawn


class SameNumbers:
    """What takes the place of an engine's random functions.

    Args:
        numbers: a Numbers.
        notes: a Notes, which hears of every draw.
    """

    def __init__(self, numbers, notes):
        self.numbers, self.notes = numbers, notes
        self.order = None       # of the fit whose dataset is made just now
        self.orders = []        # of all fits

    # ---- numbers -----------------------------------------------------------------------------------------------------

    def draw(self, kind, shape, dtype, *about):
        """A tensor of a standard distribution. In a graph, new numbers come at each of its runs."""
        tf = self.tf
        dtype = tf.as_dtype(dtype)
        numpy_type = dtype.as_numpy_dtype
        try:
            known = [int(n) for n in shape]
        except TypeError:       # a shape that only the graph knows
            known = None

        line = self.notes.line()

        def drawn(extents):
            extents = tuple(map(int, extents))
            self.notes.drew(f"tf.random.{kind}", extents, line)
            return standard(self.numbers.generator(kind, extents, *about), kind, extents).astype(numpy_type)

        given = tf.convert_to_tensor(shape if known is None else known, dtype="int32")
        result = tf.numpy_function(drawn, [given], dtype)
        return result if known is None else tf.ensure_shape(result, known)

    def uniform(self, shape, minval=0, maxval=None, dtype="float32", seed=None, name=None, about=()):
        """As `tf.random.uniform`."""
        tf = self.tf
        dtype = tf.as_dtype(dtype)
        if dtype.is_floating:
            scale = (1 if maxval is None else maxval) - minval
            return self.draw("uniform", shape, dtype, seed, *about) * scale + minval
        if maxval is None:
            minval, maxval = dtype.min, dtype.max
        part = self.draw("uniform", shape, "float64", seed, *about)
        return tf.cast(tf.floor(part * tf.cast(maxval - minval, "float64")), dtype) + tf.cast(minval, dtype)

    def normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None, about=(), kind="normal"):
        """As `tf.random.normal`."""
        return self.draw(kind, shape, dtype, seed, *about) * stddev + mean

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None, about=()):
        """As `tf.random.truncated_normal`."""
        return self.normal(shape, mean, stddev, dtype, seed, name, about, "truncated_normal")

    def categorical(self, logits, num_samples, dtype=None, seed=None, name=None):
        """As `tf.random.categorical`, by Gumbel's distribution."""
        tf = self.tf
        logits = tf.convert_to_tensor(logits)
        part = self.draw("uniform", (logits.shape[0], num_samples, logits.shape[1]), logits.dtype, seed, "categorical")
        drawn = tf.argmax(tf.expand_dims(logits, 1) - tf.math.log(-tf.math.log(part)), axis=2)
        return tf.cast(drawn, "int64" if dtype is None else dtype)

    def shuffle(self, value, seed=None, name=None):
        """As `tf.random.shuffle`; `fit` on TensorFlow calls it for the order of an epoch."""
        tf, order, line = self.tf, self.order, self.notes.line()
        value = tf.convert_to_tensor(value)

        def permutation(n):
            if order is not None:
                return order.permutation(int(n))
            self.notes.drew("tf.random.shuffle", [n], line)
            return self.numbers.generator("shuffle", int(n), seed).permutation(int(n))

        rows = tf.numpy_function(permutation, [tf.shape(value)[0]], "int64")
        return tf.ensure_shape(tf.gather(value, rows), value.shape)

    def generator_method(self, name):
        """The method of `tf.random.Generator` of that name."""
        def method(generator, shape, *args, **kwargs):
            if not hasattr(generator, "_number"):
                generator._number = self.numbers.seed("Generator")
            return getattr(self, name)(shape, *args, about=("Generator", generator._number), **kwargs)

        return method

    # ---- where they go -----------------------------------------------------------------------------------------------

    def replace_functions(self, tf):
        """The functions of `tf.random`."""
        self.tf = tf
        for name in ("normal", "uniform", "truncated_normal", "categorical", "shuffle"):
            setattr(tf.random, name, getattr(self, name))
        for name in ("normal", "uniform", "truncated_normal"):
            setattr(tf.random.Generator, name, self.generator_method(name))
        self.notice_seeds(tf.random)

    def notice_seeds(self, module):
        """A seed that the program sets restarts the numbers."""
        for name in ("set_seed", "set_random_seed"):
            original = getattr(module, name, None)
            if original is not None:
                setattr(module, name, lambda seed, original=original: (self.numbers.restart(seed), original(seed))[1])

    def replace_shuffle(self, owner):
        """`Dataset.shuffle`."""
        original = owner.shuffle

        def shuffle(dataset, buffer_size, seed=None, *args, **kwargs):
            seed = self.numbers.seed("Dataset.shuffle") if seed is None else seed
            return original(dataset, buffer_size, seed, *args, **kwargs)

        owner.shuffle = shuffle

    def replace_tensorflow(self, tf):
        """The module `tensorflow` was imported."""
        self.replace_functions(tf)
        self.replace_shuffle(tf.data.Dataset)
        kinds = {"random_normal_initializer": "RandomNormal", "random_uniform_initializer": "RandomUniform"}
        for name, kind in kinds.items():    # TensorFlow's draw other numbers than Keras's; tinynn has Keras's
            setattr(tf, name, lambda *args, kind=kind, **kwargs: getattr(tf.keras.initializers, kind)(*args, **kwargs))

    def replace_keras_order(self, keras):
        """The orders of `fit` on TensorFlow."""
        from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

        original = ArrayDataAdapter.get_tf_dataset

        def get_tf_dataset(adapter):
            if adapter._shuffle:
                self.order = Order(self.numbers.seed("order"))
                self.orders.append(self.order)
            try:
                return original(adapter)
            finally:
                self.order = None

        ArrayDataAdapter.get_tf_dataset = get_tf_dataset
        before = keras.Model.make_train_function

        def make_train_function(model, *args, **kwargs):
            for order in self.orders[-1:]:      # a batch to build the model with may have cost it an order
                order.restart()
            return before(model, *args, **kwargs)

        keras.Model.make_train_function = make_train_function

    def replace_tinynns_order(self, module):
        """The orders of `fit` on tinynn; that is, their seeds, so that it runs in C as ever."""
        original, order = module.ArrayBatches.__init__, module.Order
        module.Order = lambda: order(self.numbers.seed("any order"))     # without a draw of NumPy's

        def init(batches, *args, **kwargs):
            original(batches, *args, **kwargs)
            if batches.shuffle:
                batches.random.state[0] = self.numbers.seed("order")

        module.ArrayBatches.__init__ = init
