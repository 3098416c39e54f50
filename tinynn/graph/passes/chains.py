"""Floor 5: elementwise chains."""


def chains(program):
    """The program as it is."""
    return program
