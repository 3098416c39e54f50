"""Floor 1: the op record and the registry.

    @primitive("y = log(1 + e^x)")
    def softplus(xp, x):
        '''Smooth ReLU, without overflow.'''
        return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))

    @softplus.vjp("g · sigmoid(x)")
    def _(g, x):
        return g * sigmoid(x)

The body's parameters after `xp` are the inputs (tensors); those after `*` are the attributes (constants of the call).
A rule's parameters say what the backward pass needs, and nothing else is kept alive: `g`, the name of an input, the
name of an attribute, `out`, or `<input>_shape` and `<input>_dtype`.

An op is itself the public function where its inputs and attributes are TensorFlow's. Where those need normalising (a
negative axis, a shape given as a tensor), the op is written with a leading underscore, which its name does not show:
`_reduce_sum` is the op "reduce_sum", and the public function `reduce_sum` beside it calls it.
"""
import difflib

from tinynn._bridge cimport find_kernel, row_of

REQUIRED = type("Required", (), {"__repr__": lambda self: "required"})()
registry = {}
cdef object closed(Primitive op, tuple inputs, tuple attributes):
    raise RuntimeError(f"{op.name} was called before tinynn.autodiff.bind was imported; import tinynn first")


cdef Door door = closed


cdef void set_door(Door function):
    """Installs the function that every call of a primitive passes: bind(primitive, inputs, attributes)."""
    global door
    door = function


cdef object show = None


def set_show(function):
    """Installs what `Primitive.show` calls: function(op, lang)."""
    global show
    show = function


def primitive(str formula, *, writes=(), mixed=(), example=None):
    """Makes an op of its reference body.

    Args:
        formula: what the op computes, in one line; the teaching tools print it.
        writes: names of inputs that are Variables and are written in place.
        mixed: names of inputs whose dtype is independent of the others (a condition, an index).
        example: `f(rand) -> (inputs, attributes)` or a list of such pairs, where `rand(*shape)` draws a float array:
            arguments that the op is tested and shown with. By default every input is `rand(4, 3)`.
    """
    def register(body):
        cdef Primitive op = Primitive(formula, body, writes, mixed, example)
        if op.name in registry:
            raise ValueError(f"there is already an op named {op.name!r}, in {registry[op.name].__module__}")
        registry[op.name] = op
        return op
    return register


cdef class Primitive:
    def __init__(self, str formula, body, writes, mixed, example):
        code = body.__code__
        names = code.co_varnames
        count = code.co_argcount
        self.name = body.__name__.lstrip("_")
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(self, name, getattr(body, name))
        self.formula, self.body, self.example = formula, body, example
        self.variadic = bool(code.co_flags & 0x04)
        self.attributes = names[count:count + code.co_kwonlyargcount]
        self.inputs = (names[count + code.co_kwonlyargcount],) if self.variadic else names[1:count]
        self.rules = [None] * len(self.inputs)
        given = body.__kwdefaults__ or {}
        self.defaults = tuple([given.get(name, REQUIRED) for name in self.attributes])
        self.writes = self.bits(writes)
        self.mixed = self.bits(mixed)
        self.kernel = find_kernel(self.name)

    def bits(self, names):
        return sum(1 << self.inputs.index(name) for name in ((names,) if isinstance(names, str) else names))

    @property
    def mutates(self):
        """Names of the inputs that the op writes in place."""
        return tuple(name for i, name in enumerate(self.inputs) if self.writes >> i & 1)

    @property
    def mixes(self):
        """Names of the inputs whose dtype is independent of the others."""
        return tuple(name for i, name in enumerate(self.inputs) if self.mixed >> i & 1)

    @property
    def native(self):
        """Whether there is a C kernel of this name."""
        return self.kernel != NULL

    @property
    def is_view(self):
        """Whether the output shares the memory of the first input."""
        return self.kernel != NULL and self.kernel.view

    def is_elementwise(self, dtype):
        """Whether the kernel is a loop over single elements for inputs of this dtype."""
        return self.kernel != NULL and row_of(self.kernel, dtype.code) != NULL

    def vjp(self, str formula, *, wrt=None):
        """Registers a gradient rule: `wrt` names the input; an op with one input, or a variadic one, needs none."""
        def register(function):
            if wrt is None and not self.variadic and len(self.inputs) != 1:
                raise TypeError(f"{self.name} has inputs {self.inputs}: say which one the rule is for, "
                                f"@{self.name}.vjp(formula, wrt={self.inputs[0]!r})")
            self.rules[0 if wrt is None else self.inputs.index(wrt)] = Rule(self, formula, function)
            self.differentiable = True
            return function
        return register

    def __call__(self, *args, **kwargs):
        cdef Py_ssize_t count = len(self.inputs)
        if not kwargs and not self.variadic and len(args) == count + len(self.attributes):
            return door(self, args[:count], args[count:])
        inputs, attributes = self.arrange(args, kwargs)
        return door(self, inputs, attributes)

    def arrange(self, tuple args, dict kwargs):
        """(inputs, attributes) of a call by position and keyword; TypeError where they do not fit."""
        kwargs.pop("name", None)            # TensorFlow's label for graphs
        cdef Py_ssize_t count = len(args) if self.variadic else len(self.inputs)
        cdef list inputs = list(args[:count])
        cdef list attributes = list(args[count:])
        if len(inputs) < count:
            for name in self.inputs[len(inputs):]:
                if name not in kwargs:
                    raise TypeError(f"{self.name}() misses the argument {name!r}; it takes {self.usage()}")
                inputs.append(kwargs.pop(name))
        if len(attributes) > len(self.attributes):
            raise TypeError(f"{self.name}() takes {self.usage()}, got {len(args)} positional arguments")
        for name, default in zip(self.attributes[len(attributes):], self.defaults[len(attributes):]):
            value = kwargs.pop(name, default)
            if value is REQUIRED:
                raise TypeError(f"{self.name}() misses the argument {name!r}; it takes {self.usage()}")
            attributes.append(value)
        if kwargs:
            raise TypeError(f"{self.name}() got an unknown argument {next(iter(kwargs))!r}; it takes {self.usage()}")
        return tuple(inputs), tuple(attributes)

    @property
    def __signature__(self):
        import inspect
        kinds = inspect.Parameter
        tensors = [kinds(n, kinds.VAR_POSITIONAL if self.variadic else kinds.POSITIONAL_OR_KEYWORD)
                   for n in self.inputs]
        constants = [kinds(n, kinds.KEYWORD_ONLY if self.variadic else kinds.POSITIONAL_OR_KEYWORD,
                           default=kinds.empty if d is REQUIRED else d)
                     for n, d in zip(self.attributes, self.defaults)]
        return inspect.Signature(tensors + constants)

    def show(self, lang=None):
        """Prints the op's mathematics, its gradient rules, its NumPy body, its C kernel and an example.

        Args:
            lang: "en" or "ko"; by default what TINYNN_LANG says, otherwise English.
        """
        show(self, lang)

    def usage(self):
        """The arguments as text, as in '(x, axis, keepdims=False)'."""
        named = [n if d is REQUIRED else f"{n}={d!r}" for n, d in zip(self.attributes, self.defaults)]
        return f"({', '.join([('*' if self.variadic else '') + n for n in self.inputs] + named)})"

    def __repr__(self):
        return f"<op {self.name}{self.usage()}: {self.formula}>"

    def __reduce__(self):
        return find, (self.name,)


cdef class Rule:
    def __init__(self, Primitive op, str formula, function):
        self.function, self.formula = function, formula
        self.arguments = function.__code__.co_varnames[:function.__code__.co_argcount]
        self.count = len(self.arguments)
        if self.count > MOST_ARGUMENTS:
            raise TypeError(f"the gradient rule of {op.name} has {self.count} arguments; {MOST_ARGUMENTS} at most")
        for i, name in enumerate(self.arguments):
            source, index = self.sources[i], self.indices[i] = self.source(op, name)
            if source == FROM_INPUT:
                self.inputs |= 0xffffffff if op.variadic else 1 << index
            self.output |= source == FROM_OUTPUT
            self.described |= source == FROM_SHAPE or source == FROM_DTYPE

    def source(self, Primitive op, str name):
        if name == "g":
            return FROM_GRADIENT, 0
        if name == "out":
            return FROM_OUTPUT, 0
        if name in op.inputs:
            return FROM_INPUT, -1 if op.variadic else op.inputs.index(name)
        if name in op.attributes:
            return FROM_ATTRIBUTE, op.attributes.index(name)
        stem, _, what = name.rpartition("_")
        if stem in op.inputs and what in ("shape", "dtype"):
            return (FROM_SHAPE if what == "shape" else FROM_DTYPE), -1 if op.variadic else op.inputs.index(stem)
        raise TypeError(f"the gradient rule of {op.name} asks for {name!r}; it can have g, out, "
                        f"{', '.join(op.inputs + op.attributes)}, <input>_shape and <input>_dtype")


def find(str name):
    """The op of that name; KeyError with the nearest names where there is none."""
    if name in registry:
        return registry[name]
    nearest = ", ".join(difflib.get_close_matches(name, registry)) or "none"
    raise KeyError(f"there is no op {name!r}; nearest: {nearest}")
