"""`wildrobot COMMAND ...`: the commands of this project, each a module that also runs by itself."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from wildrobot import __version__
from wildrobot.arguments import calling
from wildrobot.cli import exit_code, leave
from wildrobot.plugins import plugins

SHELLS = ("bash", "zsh", "tcsh")
COMMANDS = "wildrobot.commands"
"""The entry points of the commands: a module each, with `main(arguments) -> exit code`.

Completion also takes its `parser() -> ArgumentParser`, if there is one.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code, 2 for an unknown command."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    modules = {entry.name: entry for entry in reversed(plugins(COMMANDS))}
    if given and given[0] in modules:
        with calling(f"wildrobot {given[0]}"):
            return modules[given[0]].load().main(given[1:])
    return exit_code(lambda: _own(given, {name: modules[name].value for name in reversed(modules)}))


def script() -> NoReturn:
    """What is installed as `wildrobot`."""
    leave(main())


def _own(given: Sequence[str], modules: dict[str, str]) -> None:
    """The commands that have no module: help, version and completion."""
    parser = argparse.ArgumentParser(
        prog="wildrobot",
        description="Train a small real biped to walk, and judge what has been trained.",
        epilog="`wildrobot COMMAND --help` says what a command takes.",
    )
    parser.add_argument("--version", action="version", version=f"wildrobot {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in modules.items():
        commands.add_parser(name, help=_summary(module))
    shells = commands.add_parser(
        "completion",
        help="print a script that completes these commands in a shell",
        description="Print a script that completes the commands in a shell: fields of experiments, options and files.",
        epilog='bash: eval "$(wildrobot completion bash)", in ~/.bashrc; zsh: the same in ~/.zshrc, after compinit',
    )
    shells.add_argument("shell", choices=SHELLS, help="bash | zsh | tcsh")
    parsed = parser.parse_args(given)
    # Fields of experiments need seconds of imports.
    from wildrobot.completion import script_for

    print(script_for(parsed.shell, parser, {entry.name: entry.load() for entry in plugins(COMMANDS)}))


def _summary(module: str) -> str:
    """The first line of a module's docstring, without importing the module, nor the packages that it is in."""
    package, *path = module.split(".")
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return ""
    source = Path(found.origin).parent.joinpath(*path).with_suffix(".py") if path else Path(found.origin)
    return (ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or "").partition("\n")[0].rstrip(".")


if __name__ == "__main__":
    script()
