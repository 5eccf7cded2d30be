"""Shell completion scripts, which are static: pressing Tab starts no Python. Needs the extra `completion`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from wildrobot.arguments import OVERRIDE, calling
from wildrobot.config import builtin_names, field_rows
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment


def script_for(shell: str, parser: argparse.ArgumentParser, modules: Mapping[str, ModuleType]) -> str:
    """The script for a shell.

    Args:
      shell: bash, zsh or tcsh.
      parser: of `wildrobot` itself, with a bare subcommand for each module.
      modules: the commands by name; what their `parser()` takes is completed.

    Raises:
      UsageError: if the package for it is not installed.
    """
    try:
        import shtab
    except ModuleNotFoundError:
        raise UsageError('completion needs shtab; run `pip install "wildrobot[completion]"`') from None
    (commands,) = (action.choices for action in parser._actions if isinstance(action.choices, dict))
    for name, module in modules.items():
        if hasattr(module, "parser"):
            with calling(f"wildrobot {name}"):
                commands[name] = module.parser()
    _complete_values(parser, [f"{row.path}=" for row in field_rows(load_experiment("walk"))], shtab.FILE)
    return shtab.complete(parser, shell)


def _complete_values(parser: argparse.ArgumentParser, fields: list[str], files: Any) -> None:
    """Tells shtab what each argument, also of subcommands, may be: a file, a field, an experiment's name."""
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for each in action.choices.values():
                if isinstance(each, argparse.ArgumentParser):
                    _complete_values(each, fields, files)
        elif action.metavar == OVERRIDE:
            action.choices = fields
        elif "--config" in action.option_strings:
            action.choices = builtin_names()
        elif action.type is Path or action.metavar == "RUN_OR_POLICY":
            action.complete = files  # pyright: ignore[reportAttributeAccessIssue]  what shtab reads
