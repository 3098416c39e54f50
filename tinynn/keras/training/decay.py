"""Floor 7: a learning rate that its schedule has brought to an end."""

SPENT = 0.01    # the share of its start below which a rate teaches next to nothing; docs/hints.md names it


def spent(optimizer, step):
    """(rate at the start, rate at a step) where the schedule has brought it below a hundredth; else None.

    Args:
        optimizer: an optimizer, whose rate may be a schedule with `decay_steps`.
        step: a number of updates.
    """
    schedule = getattr(optimizer, "_learning_rate", None)
    if not hasattr(schedule, "decay_steps"):
        return None
    start, then = float(schedule(0)), float(schedule(int(step)))
    return (start, then) if then < SPENT * start else None


def spent_early(optimizer):
    """The first step at which the rate was spent, where that lies in the first half of all updates; else None."""
    last = int(optimizer.iterations) // 2
    if spent(optimizer, last) is None:
        return None
    low, high = 0, last
    while high - low > 1:       # it only falls
        middle = (low + high) // 2
        low, high = (low, middle) if spent(optimizer, middle) else (middle, high)
    return high
