"""Floor 7: the last and the next update of a variable, by its formulas and by the optimizer's own step.

The step runs on copies of the optimizer and of the variable. All that goes into the next update is there, so it is
explained exactly. Of the last one there is what it left; what was before is worked back from that.
"""

import copy

import numpy as np

from tinynn import ops
from tinynn.autodiff.variable import Variable
from tinynn.keras.losses.shapes import as_like
from tinynn.keras.optimizers import slices
from tinynn.keras.optimizers.explained import exact, path_of
from tinynn.keras.optimizers.rules import Formula, run, value_before
from tinynn.keras.optimizers.schedules import LearningRateSchedule


def _copies(optimizer, variable):
    """Copies of the optimizer and of a variable, with state of their own; other weights and their state are shared."""
    memo = {id(v): v for v in optimizer._trainable_variables}
    memo.update({id(slot): slot for owner, _, slot in optimizer._slots if owner is not variable})
    if not isinstance(optimizer._learning_rate, Variable):
        memo[id(optimizer._learning_rate)] = optimizer._learning_rate
    memo.pop(id(variable), None)
    trial = copy.deepcopy(optimizer, memo)
    twin = copy.deepcopy(variable, memo)
    if not trial.built:
        trial.build([twin])
    trial._undecayed, trial._undecayed_names = set() if optimizer._use_weight_decay(variable) else {id(twin)}, None
    return trial, twin


def _rule(optimizer):
    """The optimizer's rule, unless a subclass changed the step and left the rule as it was."""
    owner = _owners(optimizer, "rule")[0]
    step = ("update_step", "update_all", "apply", "apply_gradients")
    return optimizer.rule() if all(issubclass(owner, _owners(optimizer, name)[0]) for name in step) else None


def _owners(optimizer, name):
    """The classes that define an attribute, the one in use first."""
    return [c for c in type(optimizer).__mro__ if name in vars(c)]


class Case:
    """One update of one variable.

    Attributes:
        optimizer, variable: whose.
        trial, twin: copies of the two, to try the step with.
        rule: the optimizer's Rule, or None.
        slots: {symbol: Variable of the trial's state}; names in place of symbols where there is no rule.
        values: {symbol: number or float64 array} that the formulas begin with; what is missing is not known.
        done: the formulas with what they give, as from `run`.
        after: {symbol: value} after the update, "w" among them where that is known.
        float64, kernel: the same by the formulas and by the optimizer's own step; None where it cannot be told.
        step: the number of the update, from 1 on.
        rate_at: the step that a schedule was asked for.
        notes: (sentence, values) for the reader.
    """

    float64 = kernel = None
    sliced = False      # whether the gradient is a sum of slices, more than one of which have the same index

    def __init__(self, optimizer, variable):
        self.optimizer, self.variable, self.notes = optimizer, variable, []
        self.trial, self.twin = _copies(optimizer, variable)
        self.index = self.trial._index[id(self.twin)]
        self.rule = _rule(self.trial)
        if self.rule is None:
            self.slots = {name: slot for owner, name, slot in self.trial._slots
                          if owner is self.twin and slot.shape == owner.shape}
        else:
            self.slots = {symbol: slot[self.index] if isinstance(slot, list) else slot
                          for symbol, slot in self.rule.slots.items()}
        self.values = dict(self.rule.constants) if self.rule else {}

    def read(self):
        """The weight and its state as they are."""
        return {**{symbol: exact(slot) for symbol, slot in self.slots.items()}, "w": exact(self.twin)}

    def clipping(self, gradients, mine):
        """The formula of the clipping, if it changes gradient number `mine`."""
        name = next((n for n in ("clipvalue", "clipnorm", "global_clipnorm") if getattr(self.optimizer, n)), None)
        if name is None:
            return []
        if slices.of(gradients[mine]) is not None:      # slices are clipped: how, their sum does not tell
            self.values["g"] = exact(self.trial._clip_gradients(gradients)[mine])
            return []
        self.values[name] = limit = float(getattr(self.optimizer, name))
        if name == "clipvalue":
            formula, size = "max(-clipvalue, min(g, clipvalue))", np.max(np.abs(exact(gradients[mine])))
        else:
            formula, group = f"g * {name} / max(norm, {name})", gradients if name[0] == "g" else [gradients[mine]]
            self.values["norm"] = size = np.sqrt(sum(np.sum(exact(slices.squared(g))) for g in group))
        return [] if size <= limit else [Formula(f"g <- {formula}  clipped gradient")]

    def slices(self, gradient):
        """Looks whether a gradient, clipped, is a sum of slices, and what the formulas need of them."""
        squares, sizes = exact(slices.squared(gradient)), exact(slices.each(ops.abs, gradient))
        if slices.of(gradient) is None or np.allclose(squares, exact(gradient) ** 2, 1e-5, 0.0):
            return
        self.sliced = True
        self.values.update(q=squares, z=sizes)
        if self.rule is not None and any(part in self.rule.text for part in self.rule.of_slices):
            self.notes.append(("The gradient is a sum of slices (tf.IndexedSlices), as an embedding's is, each "
                               "squared by itself as in TensorFlow: q is the sum of their g^2, z of their |g|.", {}))

    def formulas(self):
        """Weight decay, the rule and the constraint."""
        optimizer, constraint = self.optimizer, self.twin.constraint
        if self.rule is None:
            return []
        before, after = [], []
        if optimizer.weight_decay and optimizer._use_weight_decay(self.variable):
            before.append(Formula("w <- w - w * decay * r  weight decay"))
            self.values["decay"] = float(optimizer.weight_decay)
        if constraint is not None:
            name = getattr(constraint, "__name__", type(constraint).__name__)
            name = name if name.isidentifier() else "constraint"
            self.values[name] = lambda w: exact(constraint(as_like(w, self.twin)))
            after.append(Formula(f"w <- {name}(w)  constraint"))
        return [*before, *self.rule.formulas(self.sliced), *after]

    def rehearse(self, gradient):
        """The optimizer's own step on the copies; the gradient is clipped."""
        self.trial._apply_weight_decay([self.twin])
        self.trial.update_all([gradient], [self.twin], self.trial.learning_rate)
        if self.twin.constraint is not None:
            self.twin.assign(self.twin.constraint(self.twin))


class Next(Case):
    """The update that a gradient would make now."""

    when = "next"

    def __init__(self, optimizer, variable, gradient):
        for name in ("apply", "apply_gradients"):
            if len(_owners(optimizer, name)) > 1:
                raise ValueError(f"{type(optimizer).__name__} has a method {name} of its own, which is not tried: let "
                                 "it update, and explain(v) without a gradient shows what it left")
        super().__init__(optimizer, variable)
        trial, self.rate_at = self.trial, int(optimizer._iterations)
        gradients, variables, mine = self._given(gradient)
        self.step = int(trial.iterations) + 1
        self.values.update(self.read(), g=exact(gradients[mine]), t=self.step, r=float(trial.learning_rate))
        self.notes.append(("Nothing has been changed: this is what the gradient would do.", {}))
        if optimizer.use_ema:
            self.notes.append(("The moving average of the weights (use_ema) is not shown.", {}))
        formulas = []
        if trial.loss_scale_factor is not None:
            formulas.append(Formula("g <- g / loss_scale  gradient of the loss"))
            self.values["loss_scale"] = float(trial.loss_scale_factor)
            gradients = [slices.each(lambda part: part / trial.loss_scale_factor, g) for g in gradients]
        due = True
        if trial.gradient_accumulation_steps:
            gradients, due = self._accumulated(gradients, variables, formulas)
        if due:
            clipped = trial._clip_gradients(gradients)[mine]
            self.slices(clipped)
            formulas += self.clipping(gradients, mine) + self.formulas()
            self.rehearse(clipped)
            self.kernel = self.read()
        self.done, ends = run(formulas, self.values)
        self.after = self.read()
        self.float64 = ends if due and self.rule else None

    def _given(self, gradient):
        """The gradients that were given, in their variables' types; these; which of them is this variable."""
        name, shape, owners = path_of(self.variable), tuple(self.variable.shape), [self.variable]
        if self.optimizer.global_clipnorm:
            owners = self.optimizer._trainable_variables
            if not owners:
                raise ValueError("global_clipnorm looks at the gradients of all variables: call optimizer.build"
                                 "(variables) first")
            if not isinstance(gradient, (list, tuple)) or len(gradient) != len(owners):
                raise ValueError("global_clipnorm looks at the gradients of all variables: give explain(v, gradients) "
                                 f"a list of {len(owners)}")
        elif isinstance(gradient, (list, tuple)) and any(hasattr(g, "shape") or g is None for g in gradient):
            raise ValueError(f"explain takes the gradient of {name} alone, of shape {shape}; got a "
                             f"{type(gradient).__name__} of {len(gradient)}")
        else:
            gradient = [gradient]
        pairs = [(as_like(g, v), v) for g, v in zip(gradient, owners, strict=True) if g is not None]
        for g, v in pairs:
            if tuple(g.shape) != tuple(v.shape):
                raise ValueError(f"{path_of(v)} has shape {tuple(v.shape)}, and so has its gradient; got one of shape "
                                 f"{tuple(g.shape)}")
        gradients, variables = zip(*pairs, strict=True) if pairs else ((), ())
        return gradients, variables, _place(self.variable, variables)

    def _accumulated(self, gradients, variables, formulas):
        """The means of the gradients so far with these, and whether they are used now."""
        trial, count = self.trial, self.rate_at + 1
        steps, due = trial.gradient_accumulation_steps, count % trial.gradient_accumulation_steps == 0
        totals = [trial._accumulated_gradients[self.optimizer._index.get(id(v), 0)] for v in variables]
        self.values.update(total=exact(trial._accumulated_gradients[self.index]), steps=steps)
        formulas.append(Formula("total <- total + g  sum of the gradients"))
        if due:
            formulas.append(Formula("g <- total / steps  mean of the gradients"))
        else:
            self.notes.append(("Gradient {count} of {steps} is only added up; the last one makes a step.",
                               {"count": count % steps, "steps": steps}))
        return [(total + g) / float(steps) for total, g in zip(totals, gradients, strict=True)], due


def _place(variable, variables):
    places = [i for i, v in enumerate(variables) if v is variable]
    if not places:
        raise ValueError(f"{path_of(variable)} has no gradient (it is None), and such a step leaves it alone")
    return places[0]


class Last(Case):
    """The update that was made last."""

    when = "last"

    def __init__(self, optimizer, variable):
        steps = optimizer.gradient_accumulation_steps or 1
        self.step = int(optimizer._iterations) // steps if optimizer.built else 0
        self.rate_at = self.step * steps - 1
        if not self.step:
            raise ValueError(f"this {type(optimizer).__name__} has made no update yet: call apply_gradients or fit "
                             "first, or explain the next update by its gradient, optimizer.explain(v, gradient)")
        super().__init__(optimizer, variable)
        self.trial._iterations.assign(self.rate_at)
        self.after, formulas = self.read(), []
        if optimizer.use_ema:
            del self.after["w"]
            self.notes.append(("With use_ema the variable may hold a moving average by now, so the weight is not known "
                               "(?).", {}))
        gradients, mine = self._kept()
        rate = optimizer._learning_rate
        if not isinstance(rate, LearningRateSchedule) and not (gradients and isinstance(rate, Variable)):
            self.notes.append(("The learning rate is taken to be what it is now.", {}))
        if gradients:
            self.values["g"] = exact(gradients[mine])
            formulas = self.clipping(gradients, mine)
            self.slices(self.trial._clip_gradients(gradients)[mine])
        self.values.update(t=self.step, r=float(self.trial.learning_rate))
        formulas += self.formulas()
        self._work_back(formulas, gradients)
        if gradients and self.rule and {*self.slots, "w"} <= self.values.keys():
            self._again(self.trial._clip_gradients(gradients)[mine])
            self.values["w"] = self.values["w"] + (self.after["w"] - self.kernel["w"])      # its rounding is undone
            self._again(self.trial._clip_gradients(gradients)[mine])
            self.float64 = run(formulas, self.values)[1]
        self.done, _ = run(formulas, self.values, self.after)

    def _again(self, gradient):
        """Takes the step once more, from what was before."""
        for symbol, variable in [*self.slots.items(), ("w", self.twin)]:
            variable.assign(self.values[symbol].astype(np.asarray(variable).dtype))
        self.rehearse(gradient)
        self.kernel = self.read()

    def _kept(self):
        """The gradients of the last step, if they were kept, and which of them is this variable's."""
        optimizer, last = self.optimizer, self.optimizer._last
        steps = optimizer.gradient_accumulation_steps
        if last is not None and last[2] == optimizer._iterations.version() and not steps:
            gradients, variables, _, rate = last
            if rate is not None and isinstance(self.trial._learning_rate, Variable):
                self.trial._learning_rate.assign(rate)
            return [as_like(g, v) for g, v in zip(gradients, variables, strict=True)], _place(self.variable, variables)
        reason = ("The sum of the gradients is cleared after a step." if steps else
                  "A step that runs in C keeps no gradient." if optimizer._remembers else
                  "The gradients of so many weights are not kept after a step.")
        self.notes.append((reason, {}))
        return (), 0

    def _work_back(self, formulas, gradients):
        """Finds what was before, as far as it can be told."""
        kind = np.asarray(self.twin).dtype
        free = self.twin.constraint is None     # otherwise other weights may have ended as these
        for symbol in [s for s in self.after if s != "w" or free] if self.rule else []:
            before = value_before(formulas, self.values, self.after, symbol, np.finfo(kind).eps)
            if before is not None:
                self.values[symbol] = before.astype(kind).astype("float64")
        if not gradients or not {*self.slots, "w"} <= self.values.keys():
            self.notes.append(("What is not known is a ?. explain(v, gradient) shows the next update in full.", {}))
        if "w" in self.values:
            self.notes.append(("What was before is worked back from what is there now: right if nothing else has "
                               "changed it since.", {}))
