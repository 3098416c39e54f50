"""Floor 8: the command, as `tinynn` or `python -m tinynn`.

Each subcommand is a module of this package, named in COMMANDS, that has

    SUMMARY, EXAMPLE        a line and a command line, for --help
    arguments(parser)       adds its arguments; what stands after `--` becomes `options.rest`
    run(options)            does it and returns an exit code; whatever else it needs is imported there
"""

import argparse
import importlib
import sys

COMMANDS = ("run", "compare", "bench", "sweep", "info")


def main(argv=None):
    """Runs the command line `argv` (by default the program's); returns the exit code."""
    argv = sys.argv[1:] if argv is None else list(argv)
    end = argv.index("--") if argv[:1] != ["run"] and "--" in argv else len(argv)     # run's program has all the rest
    options = parser().parse_args(argv[:end])
    options.rest = argv[end + 1:]
    return options.run(options)


def parser():
    """The parser of all subcommands."""
    top = argparse.ArgumentParser(prog="tinynn", description="A small neural-network engine with TensorFlow's API.",
                                  epilog="'tinynn COMMAND --help' shows a command's arguments and an example.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"{__name__}.{name}")
        command = commands.add_parser(name, help=module.SUMMARY, description=module.SUMMARY,
                                      epilog=f"example:\n  {module.EXAMPLE}",
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
        module.arguments(command)
        command.set_defaults(run=module.run)
    return top
