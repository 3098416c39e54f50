"""Floor 7: the checks of the doctor: functions of a Case that yield Findings, one file for each family."""

from tinynn.keras.insight.checks import curves, data, gradients, heard, outputs, rates, units, values
from tinynn.keras.insight.findings import SEVERITIES

# What a single step shows.
STEP_CHECKS = [values.nan_loss, data.wrong_targets, outputs.softmax_of_one, outputs.output_range, heard.heard,
               gradients.no_gradient, units.dead_units, units.saturated_units, gradients.exploding_gradients,
               gradients.vanishing_gradients, data.unscaled_inputs, gradients.step_too_large,
               gradients.step_too_small, rates.schedule_unused]

# What only a whole training shows.
CHECKS = [*STEP_CHECKS, rates.decay_steps, data.batch_then_shuffle, curves.plateau, curves.stuck,
          curves.overfitting]


def run(checks, case):
    """The findings of checks in a Case, one of each code and place; errors first."""
    found = {}
    for check in checks:
        for finding in check(case):
            found.setdefault((finding.code, finding.where), finding)
    return sorted(found.values(), key=lambda finding: SEVERITIES.index(finding.severity))
