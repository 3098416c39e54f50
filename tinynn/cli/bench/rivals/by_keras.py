"""Floor 8: Keras's API, for tinynn and for TensorFlow: `fit`, a hand-written tape loop, and p3's linear step."""

import importlib
import os

import numpy as np
from engines import package
from jobs import batches
from worker import DEVICE, threads

MOST_PER_EXECUTION = 64     # steps in one call of a tuned `fit`


def about(tf, name):
    """One line for the table's head."""
    if DEVICE.startswith("GPU"):
        return f"{name} {tf.__version__}, {DEVICE} {described(tf, name)}"
    if name == "tinynn":
        from tinynn import _bridge
        return f"tinynn {tf.__version__}, {_bridge.isa()}, {threads(_bridge.num_threads())}"
    count = threads(os.environ.get("TF_NUM_INTRAOP_THREADS"))
    return f"tensorflow {tf.__version__}, keras {tf.keras.__version__}, {count}"


def described(tf, name):
    """The GPU.

    Raises:
        RuntimeError: there is none.
    """
    if name == "tinynn":
        from tinynn.backends import gpu
        return gpu.platform().described(0)
    found = tf.config.list_physical_devices("GPU")
    if not found:
        raise RuntimeError("TensorFlow finds no GPU: pip install \"tensorflow[and-cuda]\"")
    return tf.config.experimental.get_device_details(found[0])["device_name"]


def held(tf):
    """Bytes that tensors hold on the device; None where the engine does not count them, as TensorFlow's processor."""
    return tf.config.experimental.get_memory_info(DEVICE)["current"] or None


def start(name):
    """The line about an engine, and its maker of rivals: tinynn or TensorFlow, by the ways that they have."""
    tf = importlib.import_module(package(name))
    tf.config.experimental.enable_tensor_float_32_execution(False)
    linear = {"tinynn": tf.function, "tensorflow-tape": lambda f: f,
              "tensorflow-epoch": lambda f: tf.function(f, jit_compile=True)}
    usual = {"tensorflow-tuned": tuned, "tensorflow-tape": Tape, "tensorflow-epoch": Epoch}

    def make(job, x, y):
        if job.name == "W3":
            return Linear(tf, job, x, y, linear[name])
        return (Tape if job.name == "P0" else usual.get(name, Fit))(tf, job, x, y)

    line = about(tf, name)
    if DEVICE:
        tf.device(DEVICE).__enter__()       # for all that this process does
    return line, make


class Fit:
    """`compile` and `fit`."""

    def __init__(self, tf, job, x, y, **settings):
        self.tf, self.job, self.x, self.y, self.rng = tf, job, x, y, np.random.default_rng(2)
        keras = tf.keras
        self.model = keras.Sequential([keras.Input(shape=(job.widths[0],)), *(
            keras.layers.Dense(n, activation=None if a == "linear" else a)
            for n, a in zip(job.widths[1:], job.activations, strict=True))])
        self.loss = (keras.losses.MeanSquaredError() if job.loss == "mse" else
                     keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        self.optimizer = optimizer(keras, job)
        self.model.compile(optimizer=self.optimizer, loss=self.loss, **settings)
        self.optimizer.build(self.model.trainable_variables)
        self.slots = [(v, v.numpy()) for v in self.optimizer.variables if "learning_rate" not in v.name]
        self.reset()

    def reset(self):
        """Back to the first weights."""
        self.model.set_weights(self.job.weights())
        for variable, value in self.slots:
            variable.assign(value)

    def run(self, epochs, shuffle):
        """Trains."""
        self.model.fit(self.x, self.y, batch_size=self.job.batch, epochs=epochs, verbose=0, shuffle=shuffle)

    def wait(self):
        """Returns when the device has done what it was given: reading waits for what was written."""
        if DEVICE:
            self.model.trainable_variables[-1].numpy()

    def held(self):
        """Bytes on the device."""
        return held(self.tf)

    def weights(self):
        """[kernel, bias, ...]"""
        return self.model.get_weights()


def tuned(tf, job, x, y):
    """`fit` with the two settings of `compile` that help most."""
    return Fit(tf, job, x, y, jit_compile=True, steps_per_execution=min(job.steps, MOST_PER_EXECUTION))


def optimizer(keras, job):
    """The job's optimizer."""
    if job.optimizer == "adam":
        return keras.optimizers.Adam(job.rate)
    rate = job.rate
    if job.decay:
        rate = keras.optimizers.schedules.ExponentialDecay(job.rate, *job.decay, staircase=True)
    return keras.optimizers.SGD(rate, momentum=job.momentum)


class Tape(Fit):
    """The loop that p0 writes by hand, without tf.function."""

    def run(self, epochs, shuffle):
        """Trains."""
        for x, y in self.data(epochs, shuffle):
            self.step(x, y).numpy()

    def step(self, x, y):
        """One step."""
        with self.tf.GradientTape() as tape:
            loss = self.loss(y, self.model(x, training=True))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    def data(self, epochs, shuffle):
        """The batches; for P0 by tf.data, as p0 does it."""
        if self.job.name != "P0":
            for rows in batches(self.job, epochs, shuffle, self.rng):
                yield self.tf.constant(self.x[rows]), self.tf.constant(self.y[rows])
            return
        dataset = self.tf.data.Dataset.from_tensor_slices((self.x, self.y)).batch(self.job.batch)
        dataset = dataset.shuffle(buffer_size=self.job.samples, seed=42) if shuffle else dataset
        for _ in range(epochs):
            yield from dataset


class Epoch(Tape):
    """TensorFlow only: an epoch compiled as one program by XLA."""

    def __init__(self, tf, job, x, y):
        super().__init__(tf, job, x, y)
        self.x, self.y = tf.constant(x), tf.constant(y)
        self.compiled = tf.function(self.epoch, jit_compile=True)

    def epoch(self, x, y, order):
        """Full batches in a loop, then the shorter last one."""
        tf, batch = self.tf, self.job.batch
        full = self.job.samples // batch * batch
        numbered = tf.reshape(order[:full], (-1, batch))
        for i in tf.range(full // batch):
            self.step(tf.gather(x, numbered[i]), tf.gather(y, numbered[i]))
        if full < self.job.samples:
            self.step(tf.gather(x, order[full:]), tf.gather(y, order[full:]))

    def run(self, epochs, shuffle):
        """Trains."""
        for _ in range(epochs):
            order = np.arange(self.job.samples, dtype="int32")
            if shuffle:
                self.rng.shuffle(order)
            self.compiled(self.x, self.y, self.tf.constant(order))
        self.optimizer.iterations.numpy()


class Linear:
    """p3's classifier: variables, a tape, assign_sub; `wrap` is tf.function, or nothing."""

    def __init__(self, tf, job, x, y, wrap):
        self.tf, self.job, self.x, self.y = tf, job, tf.constant(x), tf.constant(y)
        self.variables = [tf.Variable(w) for w in job.weights()]
        self.step = wrap(self.training_step)

    def training_step(self, inputs, targets):
        """One step of p3."""
        tf, (w, b) = self.tf, self.variables
        with tf.GradientTape() as tape:
            predictions = tf.matmul(inputs, w) + b
            loss = tf.reduce_mean(tf.square(targets - predictions))
        grad_loss_wrt_w, grad_loss_wrt_b = tape.gradient(loss, [w, b])
        w.assign_sub(grad_loss_wrt_w * self.job.rate)
        b.assign_sub(grad_loss_wrt_b * self.job.rate)
        return loss

    def reset(self):
        """Back to the first weights."""
        for variable, value in zip(self.variables, self.job.weights(), strict=True):
            variable.assign(value)

    def run(self, epochs, shuffle):
        """Trains; every batch is the whole data."""
        for _ in range(epochs):
            loss = self.step(self.x, self.y)
        loss.numpy()

    def wait(self):
        """As Fit's."""
        if DEVICE:
            self.variables[-1].numpy()

    def held(self):
        """Bytes on the device."""
        return held(self.tf)

    def weights(self):
        """[kernel, bias]"""
        return [v.numpy() for v in self.variables]
