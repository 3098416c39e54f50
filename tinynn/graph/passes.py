"""Floor 5: passes: functions from program to program that keep its meaning."""


def optimize(program):
    """The program after all passes."""
    return program
