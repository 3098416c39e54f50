"""Floor 7: what happens when a layer is called: casts, building, masks, and the way on placeholders."""

import inspect

from tinynn import ops
from tinynn.autodiff.bind import casting
from tinynn.autodiff.tensor import Tensor, convert
from tinynn.autodiff.variable import Variable as EngineVariable
from tinynn.core import dtypes, nest
from tinynn.keras import notes, symbolic
from tinynn.keras.context import context, scope
from tinynn.keras.layers import input_spec as specs
from tinynn.keras.layers.absent import missing
from tinynn.keras.layers.building import shape_of, signature_of, with_shapes, with_specs
from tinynn.keras.layers.graph_view import map_shapes
from tinynn.keras.placement import home_of
from tinynn.keras.symbolic import KerasTensor
from tinynn.ops.placement import at, move

_masks = notes.masks._entries
_TRAINING = ["training"]


class Calling:
    """The part of a layer that leads from `layer(inputs)` to its `call`."""

    # Whether `call` calls no other layer, so that nothing of the call's context needs to be set up for it.
    leaf = False
    # Whether it is a graph or a row of layers, and computes nothing of its own.
    only_layers = False
    # Whether integer inputs are cast as well.
    floats = False
    # Whether the output has a mask even where no input has one.
    makes_mask = False
    # The user's own method that says what a call gives: "compute_output_shape", "compute_output_spec" or None.
    _stated_by = None

    def __call__(self, *args, **kwargs):
        if self._swift is not None and len(args) == 1 and (not kwargs or (self._trains and [*kwargs] == _TRAINING)):
            x = args[0]
            if type(x) is Tensor and x.dtype is self._swift and not _masks:
                try:
                    if not self._trains:
                        return self.call(x)
                    training = kwargs.get("training") if kwargs else None
                    if training is None:
                        training = context.training
                    return self.call(x, training=self._trains[0] if training is None else training)
                except Exception as error:
                    self._explain(error, x)
                    raise
        return self._full_call(args, kwargs)

    def _full_call(self, args, kwargs):
        if "_name" not in self.__dict__:
            missing(self, "_name")
        args, kwargs = self._converted(args), self._converted(kwargs)
        inputs = args[0] if args else next(iter(kwargs.values()), None)
        specs.check(self.input_spec, inputs, self)
        if not self.built:
            self._build_for(args, kwargs)
        if symbolic.any_symbolic(args, kwargs):
            if type(inputs) is KerasTensor:
                self.accepts(inputs.shape)
            with at(home_of(self)):
                outputs = symbolic.call(self, args, kwargs, function=self._dry_call)
        elif context.around is None or context.placeholder:
            outputs = self._enter(args, kwargs, inputs)
            self._choose_path()
        else:
            outputs = context.around(self, inputs, lambda: self._enter(args, kwargs, inputs))
        if not self.built:
            self.built = True
        return outputs

    def _enter(self, args, kwargs, inputs):
        """Calls `call` with the context of this call set, and its mask."""
        names, has_training, has_mask, parameters, masked = signature_of(type(self).call)
        before = context.entry, context.training
        training = kwargs.get("training")
        if training is None:
            training = context.training
            if training is None and has_training and parameters["training"].default not in (None, inspect._empty):
                training = parameters["training"].default
        if has_training:
            kwargs["training"] = False if training is None and parameters["training"].default is not None else training
        elif "training" in kwargs and not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            kwargs.pop("training")
        mask = kwargs.get("mask")
        if _masks and mask is None:
            mask = nest.map_structure(notes.masks.get, inputs)
        if has_mask and mask is not None:
            kwargs["mask"] = mask
        if _masks and masked:
            self._give_masks(dict(zip(names, args, strict=False)), kwargs, masked)
        if before[0] is None:
            context.entry = self
            self._forget_losses()
        context.training = training
        try:
            if context.placeholder and self._is_stated():
                outputs = self._stated(args, kwargs)
            elif self.compute_dtype != self.variable_dtype:
                with casting(), scope(self.name):
                    outputs = self.call(*args, **kwargs)
            elif self.leaf or (self.built and not context.placeholder and self.__dict__.get("_ran")):
                outputs = self.call(*args, **kwargs)
            else:
                with scope(self.name):
                    outputs = self.call(*args, **kwargs)
                self.__dict__["_ran"] = True
            if self.activity_regularizer is not None:
                self._penalize(outputs)
            if mask is not None or self.makes_mask:
                self._pass_mask(inputs, mask, outputs)
        except TypeError as error:
            self._explain_strings(error)
            raise
        finally:
            context.entry, context.training = before
        return outputs

    @staticmethod
    def _give_masks(given, kwargs, masked):
        """Puts the masks of the inputs that have a mask argument of their own into the keywords."""
        for name in masked:
            x = given.get(name, kwargs.get(name))
            if x is not None and given.get(f"{name}_mask", kwargs.get(f"{name}_mask")) is None:
                mask = nest.map_structure(notes.masks.get, x)
                if any(m is not None for m in nest.flatten(mask)):
                    kwargs[f"{name}_mask"] = mask

    def _dry_call(self, *args, **kwargs):
        """A call on placeholders, which leaves nothing behind."""
        metrics = [m for layer in self._flatten_layers() for m in layer._own_metrics()]
        changing = [*self.non_trainable_variables, *(v for m in metrics for v in m.variables)]
        state = [(v, v.read_value()) for v in changing]
        args, kwargs = self._converted(args), self._converted(kwargs)
        try:
            return self._enter(args, kwargs, args[0] if args else next(iter(kwargs.values()), None))
        finally:
            for variable, value in state:
                variable.assign(value)

    def _is_stated(self):
        """Whether the layer's own method says what a call on placeholders gives. A call that builds layers inside is
        made nevertheless."""
        return (self._stated_by is not None and not self.__dict__.get("_stating")
                and all(layer.built for layer in self._flatten_layers(include_self=False)))

    def _stated(self, args, kwargs):
        """Placeholders as the layer's own `compute_output_shape` or `compute_output_spec` describes them."""
        given = {**dict(zip(signature_of(type(self).call)[0], args, strict=False)), **kwargs}
        self.__dict__["_stating"] = True    # in there, super() makes the call
        try:
            if self._stated_by == "compute_output_spec":
                return symbolic.filled(with_specs(self.compute_output_spec, args, kwargs))
            shapes = with_shapes(self.compute_output_shape, given, lambda x: tuple(getattr(x, "shape", ())))
        finally:
            self.__dict__["_stating"] = False
        return symbolic.filled(map_shapes(lambda shape: KerasTensor(shape, self.compute_dtype, name=self.name), shapes))

    def _choose_path(self):
        """Whether the next calls may take the short way."""
        swift = (self.leaf and self.built and self.activity_regularizer is None and self.autocast
                 and not self.makes_mask and self.compute_dtype == self.variable_dtype)
        _, has_training, _, parameters, _ = signature_of(type(self).call)
        self.__dict__["_trains"] = (parameters["training"].default,) if has_training else ()
        self.__dict__["_swift"] = dtypes.as_dtype(str(self.compute_dtype)) if swift else None

    def _converted(self, structure):
        """The arguments with arrays as tensors, floating-point ones cast to the type of the layer."""
        dtype = self.compute_dtype

        def one(x):
            if isinstance(x, (Tensor, EngineVariable)):
                tensor = x
            elif hasattr(x, "__array__") and not isinstance(x, (type, KerasTensor)):
                tensor = move(convert(x), home_of(self))
            else:
                return x
            kind = tensor.dtype
            if self.autocast and kind != dtype and (kind.is_floating or (self.floats and kind.is_integer)):
                mask = notes.masks.get(tensor)
                tensor = ops.cast(tensor, str(dtype))
                notes.masks.set(tensor, mask)
            return tensor

        if type(structure) is tuple and len(structure) == 1 and type(structure[0]) is Tensor:
            return (one(structure[0]),)
        return nest.map_structure(one, structure) if structure else structure

    def _build_for(self, args, kwargs):
        """Builds for the shapes of the arguments."""
        names = signature_of(type(self).call)[0]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        try:
            with_shapes(self.build, given, shape_of)
        except Exception as error:
            self._explain(error)
            raise
        self.built = True

    def _explain(self, error, x=None):
        """Raises what the spec says about a wrong input; otherwise adds the layer's name to an error of `call`."""
        if x is not None:
            specs.check(self.input_spec, x, self)
        if hasattr(error, "add_note"):
            error.add_note(f"(in {type(self).__name__} {self.name!r})")

    def _explain_strings(self, error):
        """Adds to the error of a call of a string what to write where a layer kept the name of an activation."""
        names = [name for name, value in self.__dict__.items() if type(value) is str and name[0] != "_"]
        if "'str' object is not callable" in str(error) and names and hasattr(error, "add_note"):
            error.add_note(f"(in {type(self).__name__} {self.name!r}: self.{names[-1]} is the string "
                           f"{getattr(self, names[-1])!r}. To take names, write self.{names[-1]} = "
                           f"keras.activations.get({names[-1]}) in __init__)")

    def _pass_mask(self, inputs, mask, outputs):
        if self.supports_masking and (self.makes_mask or any(m is not None for m in nest.flatten(mask))):
            result = self.compute_mask(inputs, mask)
            if not nest.is_nested(outputs):
                if outputs is not inputs or notes.masks.get(outputs) is None:
                    notes.masks.set(outputs, result)
            elif nest.is_nested(result):
                for output, one in zip(nest.flatten(outputs), nest.flatten(result), strict=False):
                    notes.masks.set(output, one)
