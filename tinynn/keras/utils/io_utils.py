"""Floor 7: where messages go: to the screen, or to Python's logging."""

import logging
import sys

_settings = {"interactive": True}
_LEVELS = ("FATAL", "ERROR", "WARNING", "INFO", "DEBUG")


def enable_interactive_logging():
    """Messages and progress bars go to the screen; so it is from the start."""
    _settings["interactive"] = True


def disable_interactive_logging():
    """Messages and progress bars go to the logger "tinynn", one record each, and `verbose="auto"` means 2."""
    _settings["interactive"] = False


def is_interactive_logging_enabled():
    """Whether messages and progress bars go to the screen."""
    return _settings["interactive"]


def set_logging_verbosity(level):
    """Sets from which level on messages pass, where they go to the logger.

    Args:
        level: "FATAL", "ERROR", "WARNING", "INFO" or "DEBUG".
    """
    if level not in _LEVELS:
        raise ValueError(f"Invalid verbosity {level!r}; it is one of {', '.join(_LEVELS)}")
    logging.getLogger("tinynn").setLevel(level)


def print_msg(message, line_break=True):
    """Shows a message where messages go."""
    if not is_interactive_logging_enabled():
        logging.getLogger("tinynn").info(message.strip("\n"))
        return
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        message.encode(encoding)
    except UnicodeEncodeError:      # an old terminal: bars of equal signs, and question marks for the rest
        message = message.replace("━", "=").encode(encoding, "replace").decode(encoding)
    sys.stdout.write(message + ("\n" if line_break else ""))
    sys.stdout.flush()


def ask_to_proceed_with_overwrite(filepath):
    """Asks at the keyboard whether a file may be overwritten; gives True or False."""
    answer = input(f"[WARNING] {filepath} already exists - overwrite? [y/n]").strip().lower()
    while answer not in ("y", "n"):
        answer = input('Enter "y" (overwrite) or "n" (cancel).').strip().lower()
    if answer == "y":
        print_msg("[TIP] Next time specify overwrite=True!")
    return answer == "y"


