"""The command line of `python -m trainers`: its commands and their arguments."""

from __future__ import annotations

import argparse
from pathlib import Path

from trainers.study import arguments as study
from trainers.tracking import SERVICES
from wildrobot.arguments import OVERRIDE, add_trust, called, integer, number
from wildrobot.config import builtin_names, fields_text
from wildrobot.experiment import load_experiment


class _Parser(argparse.ArgumentParser):
    """A parser that can list the fields of an experiment in its help, which takes two seconds."""

    takes_fields = False

    def format_help(self) -> str:
        listed = f"\nfields, with their values in `walk`:\n{fields_text(load_experiment('walk'))}\n"
        return super().format_help() + (listed if self.takes_fields else "")


def parser() -> argparse.ArgumentParser:
    """The command line; the command's name is in `command`."""
    parser = _Parser(
        prog=called("python -m trainers"),
        description="Train a policy into a run folder, or convert one to a policy file.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    brax = commands.add_parser(
        "brax", help="train with the stock PPO of Brax", description="Train with the stock PPO of Brax, without style."
    )
    _add_common(brax, "brax", example="brax_ppo.seed=1")
    amp = commands.add_parser(
        "brax-amp",
        help="train with the PPO of Brax and a style that is learned from reference motions (AMP)",
        description="Train with PPO + AMP on Brax's building blocks. brax_ppo.* (but for run_evals) and amp.* are its "
        "settings.",
    )
    _add_common(amp, "brax", example="amp.style_weight=2")
    _add_resume(amp)
    several = amp.add_argument_group(
        "several processes", "start the same command in each; they share the robots, and the run folder's disk"
    )
    several.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 listens")
    several.add_argument("--num-processes", type=integer(1, 2**16), metavar="N", help="how many there are")
    several.add_argument("--process-id", type=integer(0, 2**16 - 1), metavar="I", help="which this is, from 0")
    several.add_argument(
        "--distributed", action="store_true", help="take all three from Slurm, Open MPI or what else JAX knows"
    )
    sb3 = commands.add_parser(
        "sb3",
        help="train with the PPO of Stable-Baselines3",
        description="Train with the PPO of Stable-Baselines3: the reference.",
    )
    _add_common(sb3, "sb3", example="sb3_ppo.seed=1")
    _add_resume(sb3)
    sb3.add_argument("--amp", action="store_true", help="pay for style, too (AMP): amp.* are its settings")
    rsl_rl = commands.add_parser(
        "rsl_rl",
        help="train with the PPO of RSL-RL",
        description="Train with the stock runner and PPO of RSL-RL, as Isaac Lab and mjlab use them.",
    )
    _add_common(rsl_rl, "rsl_rl", example="rsl_rl_ppo.seed=1")
    _add_resume(rsl_rl)
    study.add(commands)
    config = commands.add_parser(
        "config",
        help="print a configuration: every field, its value and its meaning",
        description="Print the configuration that a training would have: every field, its value and its meaning.",
    )
    _add_configuration(config, example="brax_ppo.seed=1")
    convert = commands.add_parser(
        "convert",
        help="write any policy as a policy file",
        description="Write a policy of any format as a policy file, which every other command reads.",
    )
    convert.add_argument(
        "policy",
        type=Path,
        metavar="POLICY",
        help="run folder, policy file, exported ONNX file, or checkpoint of Brax, Stable-Baselines3 or RSL-RL",
    )
    convert.add_argument(
        "--to",
        type=Path,
        default=Path("policy.safetensors"),
        metavar="FILE",
        help="policy file to make; one that exists is not overwritten (default: ./policy.safetensors)",
    )
    add_trust(convert)
    reproduce = commands.add_parser(
        "reproduce",
        help="train a policy again from what its file says, and compare the two",
        description="Train a policy again from what its file says of itself, and compare the weights; where they are "
        "not the same to the bit, the judge plays both. The exit code is 1 then.",
    )
    reproduce.add_argument("policy", type=Path, metavar="POLICY", help="run folder or policy file")
    reproduce.add_argument(
        "--run",
        type=Path,
        help="folder to make for the new training, or one in which it was interrupted, where it goes on (default: "
        "runs/again-<date>-<time>-<random>)",
    )
    reproduce.add_argument(
        "--from", dest="start", type=Path, metavar="POLICY", help="the policy that the training started from, if it did"
    )
    add_trust(reproduce)
    replay = commands.add_parser(
        "replay",
        help="play a training step again that was not finite",
        description="Play the training step again that stopped a run of brax-amp, and print all its figures.",
    )
    replay.add_argument("dump", type=Path, metavar="DUMP", help="folder <run>/dumps/<steps>")
    return parser


def _add_resume(trainer: argparse.ArgumentParser) -> None:
    trainer.add_argument("--resume", type=Path, metavar="RUN", help="go on with a run from its newest checkpoint")


def _add_common(trainer: _Parser, name: str, *, example: str) -> None:
    _add_configuration(trainer, example=example)
    trainer.add_argument(
        "--run", type=Path, help=f"folder to make for the results (default: runs/{name}-<date>-<time>-<random>)"
    )
    trainer.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="POLICY",
        help="policy to start from, of any trainer: run folder, policy file or checkpoint. It decides the actor's "
        "layers, activation and distribution of actions; the critic is new, but for brax-amp from a run of brax-amp",
    )
    add_trust(trainer)
    shown = trainer.add_argument_group("to look at while it trains", "besides metrics.jsonl and TensorBoard's events")
    shown.add_argument(
        "--track",
        action="append",
        choices=SERVICES,
        default=[],
        help="also give metrics and films to Weights & Biases (by your login and WANDB_MODE) or Trackio (a local "
        "database); for both, give it twice",
    )
    shown.add_argument(
        "--film-every",
        type=number(0.01, 1440.0),
        metavar="MINUTES",
        help="film the newest checkpoint into RUN/films, in a process of the lowest priority",
    )


def _add_configuration(command: _Parser, *, example: str) -> None:
    command.takes_fields = True
    command.add_argument(
        "--config",
        help=f"path of a YAML file, or one of: {', '.join(builtin_names())} (default: walk; to train with Brax where "
        "JAX sees a GPU, gpu)",
    )
    command.add_argument(
        "overrides",
        nargs="*",
        metavar=OVERRIDE,
        help=f"settings by dotted path, e.g. {example} env.task.command.vx_m_per_s=[0,0.3]",
    )
