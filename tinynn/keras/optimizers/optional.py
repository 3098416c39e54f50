"""Floor 7: the parts of a step that an optimizer has on request: weight decay, moving averages, accumulation."""

import re

from tinynn import ops


class OptionalSteps:
    """Weight decay, moving averages of the weights, and the accumulation of gradients, for `Optimizer`."""

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`, to be differentiated."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # ---- weight decay ------------------------------------------------------------------------------------------------

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Keeps weight decay from some variables.

        Args:
            var_list: variables.
            var_names: strings; a variable in whose name one of them occurs is left alone.
        """
        self._undecayed = {id(v) for v in var_list or ()}
        self._undecayed_names = re.compile("|".join(sorted(set(var_names)))) if var_names else None

    def _use_weight_decay(self, variable):
        if id(variable) in self._undecayed:
            return False
        return self._undecayed_names is None or not self._undecayed_names.search(variable.name)

    def _apply_weight_decay(self, variables):
        """w <- w - w decay rate."""
        if self.weight_decay is not None:
            self._decay(variables, self.weight_decay * self.learning_rate)

    def _decay(self, variables, share):
        """Takes a share of each variable away."""
        if self._undecayed or self._undecayed_names is not None:
            variables = [variable for variable in variables if self._use_weight_decay(variable)]
        for variable in variables:
            variable.assign_sub(variable * (ops.cast(share, variable.dtype) if self._casts_rate else share))

    # ---- variables that are no weights -------------------------------------------------------------------------------

    def _overwrite(self, grads, variables):
        """Gives variables marked with `overwrite_with_gradient` their gradient as the value; returns the others.

        With accumulation they get the largest of the gradients, at the step that updates.
        """
        steps, rest = self.gradient_accumulation_steps, []
        for gradient, variable in zip(grads, variables, strict=True):
            if not getattr(variable, "overwrite_with_gradient", False):
                rest.append((gradient, variable))
            elif steps:
                largest = self._accumulated_gradients[self._get_variable_index(variable)]
                largest.assign(ops.maximum(largest, gradient))
                now = ops.equal((self._iterations + 1) % steps, 0)
                variable.assign(ops.where(now, largest, variable))
                largest.assign(ops.where(now, ops.zeros_like(largest), largest))
            else:
                variable.assign(gradient)
        return tuple(zip(*rest, strict=True)) if rest else ((), ())

    # ---- moving averages ---------------------------------------------------------------------------------------------

    def _update_averages(self):
        """average <- m average + (1 - m) w; at the first step the average is w. Some steps w takes the average."""
        started = ops.not_equal(self.iterations, 0)
        for variable, average in zip(self._trainable_variables, self._model_variables_moving_average, strict=True):
            m = ops.cast(started, variable.dtype) * self.ema_momentum
            average.assign(m * average + (1.0 - m) * variable)
        if self.ema_overwrite_frequency:
            now = ops.equal((self.iterations + 1) % self.ema_overwrite_frequency, 0)
            for variable, average in zip(self._trainable_variables, self._model_variables_moving_average, strict=True):
                variable.assign(ops.where(now, average, variable))

    def finalize_variable_values(self, var_list):
        """Gives the variables their moving averages, where these are kept; called when training ends."""
        if self.use_ema:
            if len(var_list) != len(self._model_variables_moving_average):
                raise ValueError(f"got {len(var_list)} variables; this optimizer averages "
                                 f"{len(self._model_variables_moving_average)}")
            for variable, average in zip(var_list, self._model_variables_moving_average, strict=True):
                variable.assign(average)

    # ---- accumulation ------------------------------------------------------------------------------------------------

    def _accumulate(self, grads, variables):
        """Adds gradients up; every n-th step updates with their mean.

        The update is computed at each step and kept where it is due, so that no value is read into Python and the step
        can be recorded.
        """
        steps = self.gradient_accumulation_steps
        now = ops.equal((self._iterations + 1) % steps, 0)
        totals = [self._accumulated_gradients[self._get_variable_index(v)] for v in variables]
        for total, gradient in zip(totals, grads, strict=True):
            total.assign_add(gradient)
        kept = [*variables, *self._variables[self._first_slot:]]
        before = [variable.read_value() for variable in kept]
        self._update([total / float(steps) for total in totals], variables)
        for variable, value in zip(kept, before, strict=True):
            variable.assign(ops.where(now, variable, value))
        for total in totals:
            total.assign(ops.where(now, ops.zeros_like(total), total))
