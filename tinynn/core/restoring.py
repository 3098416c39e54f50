"""Floor 1: who waits for an object to be built, because values for its variables are there already."""

_waiting = []


def wait(function):
    """From now on calls function(object) for every object that has been built."""
    _waiting.append(function)


def forget(function):
    """Calls the function no more."""
    _waiting[:] = [f for f in _waiting if f != function]


def built(thing):
    """Says that an object has just been built: its variables are there."""
    for function in list(_waiting):
        function(thing)
