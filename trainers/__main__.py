"""Train a policy into a run folder, or convert one to a policy file.

`python -m trainers brax | brax-amp | sb3 | rsl_rl` trains, `study` trains and compares groups of runs; `config`,
`convert`, `reproduce` and `replay` do the rest.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax

from trainers.brax.settings import BraxPpo
from trainers.rsl_rl.settings import RslRlPpo
from trainers.sb3.settings import Sb3Ppo
from trainers.study import command as study
from trainers.tracking import SERVICES, Tracking
from trainers.warm_start import WarmStart, hidden_sizes, match_policy
from wildrobot.arguments import OVERRIDE, called, integer, number, parse
from wildrobot.cli import exit_code, leave
from wildrobot.compilation_cache import enable_compilation_cache
from wildrobot.config import Section, builtin_names, dump_yaml, fields_text
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.jax_ready import require_jax
from wildrobot.policy import load_policy
from wildrobot.processors import limit_threads


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 2 for a mistake of the caller's, 130 for Ctrl-C, 143 for SIGTERM."""
    return exit_code(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int | None:
    parsed = parse(parser(), arguments, words=("overrides",))
    limit_threads()
    return parsed.command(parsed)


def _brax(parsed: argparse.Namespace) -> None:
    experiment, start = _experiment_and_start(parsed, BraxPpo)
    enable_compilation_cache()
    require_jax()
    # Seconds of imports, not worth waiting for where the arguments are wrong.
    from trainers.brax import ppo

    ppo.train(experiment, parsed.run or _new_folder("brax"), start, tracking=_tracking(parsed))


def _brax_amp(parsed: argparse.Namespace) -> None:
    enable_compilation_cache()
    from trainers.brax import amp
    from trainers.brax.amp import processes

    if parsed.distributed or (parsed.coordinator, parsed.num_processes, parsed.process_id) != (None, None, None):
        # Before anything that computes.
        processes.initialize(parsed.coordinator, parsed.num_processes, parsed.process_id)
        if not (parsed.run or parsed.resume):
            raise UsageError("several processes need one folder that all of them see: give every one the same --run")
    require_jax()
    if parsed.resume:
        _check_only_resume(parsed)
        amp.resume(parsed.resume, parsed.overrides, tracking=_tracking(parsed))
    else:
        experiment, start = _experiment_and_start(parsed, BraxPpo)
        amp.train(experiment, parsed.run or _new_folder("brax"), start, tracking=_tracking(parsed))


def _sb3(parsed: argparse.Namespace) -> None:
    def imported() -> Any:
        from trainers.sb3 import training

        return training

    _train_or_resume(parsed, "sb3", Sb3Ppo, imported, amp=parsed.amp)


def _rsl_rl(parsed: argparse.Namespace) -> None:
    def imported() -> Any:
        from trainers.rsl_rl import training

        return training

    _train_or_resume(parsed, "rsl_rl", RslRlPpo, imported)


def _train_or_resume(
    parsed: argparse.Namespace, name: str, schema: type[Section], imported: Callable[[], Any], **options: Any
) -> None:
    """Calls the module's `resume`, or its `train` with the options; the module is not imported for wrong arguments."""
    if parsed.resume:
        _check_only_resume(parsed)
        enable_compilation_cache()
        imported().resume(parsed.resume, parsed.overrides, tracking=_tracking(parsed))
        return
    experiment, start = _experiment_and_start(parsed, schema)
    enable_compilation_cache()
    run = parsed.run or _new_folder(name)
    imported().train(experiment, run, start, tracking=_tracking(parsed), **options)


def _convert(parsed: argparse.Namespace) -> None:
    if parsed.to.exists():
        raise UsageError(f"{parsed.to}: exists, and nothing is overwritten; choose another with --to")
    policy = load_policy(parsed.policy, trust=parsed.trust)
    policy.save(parsed.to)
    info = policy.info
    print(f"{parsed.to}: {info.framework}, {info.environment_steps:,} environment steps, seed {info.seed}")


def _reproduce(parsed: argparse.Namespace) -> int:
    policy = load_policy(parsed.policy, trust=parsed.trust)
    start = parsed.start and WarmStart(load_policy(parsed.start, trust=parsed.trust), parsed.start)
    enable_compilation_cache()
    require_jax()
    from trainers.reproduce import reproduce

    return 0 if reproduce(parsed.policy, policy, parsed.run or _new_folder("again"), start) else 1


def _replay(parsed: argparse.Namespace) -> None:
    enable_compilation_cache()
    from trainers.brax.amp import guard

    then, now, figures = guard.replay(parsed.dump)
    for name, value in sorted(figures.items()):
        print(f"{name:44} {value:.6g}")
    print(f"not finite then: {', '.join(then)}")
    print(f"not finite now:  {', '.join(now) or 'nothing'}")


def _config(parsed: argparse.Namespace) -> None:
    print(dump_yaml(load_experiment(parsed.config or "walk", parsed.overrides)), end="")


def _tracking(parsed: argparse.Namespace) -> Tracking:
    tracking = Tracking(tuple(parsed.track), parsed.film_every and 60.0 * parsed.film_every)
    tracking.check()
    return tracking


def _check_only_resume(parsed: argparse.Namespace) -> None:
    if parsed.run or parsed.config or parsed.start or getattr(parsed, "amp", False):
        raise UsageError("--resume goes on in the folder that it names, by its own configuration: leave out the others")


def _experiment_and_start(parsed: argparse.Namespace, schema: type[Section]) -> tuple[Experiment, WarmStart | None]:
    """The experiment, and the policy that it starts from if there is one."""
    experiment = _experiment(parsed, schema)
    if parsed.start is None:
        return experiment, None
    policy = load_policy(parsed.start, trust=parsed.trust)
    experiment = match_policy(experiment, schema, policy, parsed.overrides)
    units = ", ".join(str(units) for units in hidden_sizes(policy))
    print(
        f"starting from {parsed.start} ({policy.info.framework}, {policy.info.environment_steps:,} steps): "
        f"its actor of {units} units with {policy.activation} goes on, the critic is new",
        file=sys.stderr,
    )
    return experiment, WarmStart(policy, parsed.start)


def _experiment(parsed: argparse.Namespace, schema: type[Section]) -> Experiment:
    if parsed.config or schema is not BraxPpo:
        return load_experiment(parsed.config or "walk", parsed.overrides)
    require_jax()
    name = default_experiment(jax.default_backend())
    experiment = load_experiment(name, parsed.overrides)
    if name != "walk":
        print(
            f"JAX sees a GPU: training the experiment {name} ({experiment.section(BraxPpo).num_envs:,} robots); "
            "--config walk trains the one for CPUs",
            file=sys.stderr,
        )
    return experiment


def default_experiment(backend: str) -> str:
    """The experiment that the trainers on Brax take where none is named, by the name of JAX's backend."""
    return "gpu" if backend == "gpu" else "walk"


class _Parser(argparse.ArgumentParser):
    """Of a command that takes fields of an experiment: its help lists them, which takes two seconds."""

    takes_fields = False

    def format_help(self) -> str:
        listed = f"\nfields, with their values in `walk`:\n{fields_text(load_experiment('walk'))}\n"
        return super().format_help() + (listed if self.takes_fields else "")


def parser() -> argparse.ArgumentParser:
    """The command line of `python -m trainers`."""
    parser = _Parser(
        prog=called("python -m trainers"),
        description="Train a policy into a run folder, or convert one to a policy file.",
    )
    commands = parser.add_subparsers(dest="command_name", required=True, metavar="COMMAND")
    brax = commands.add_parser(
        "brax", help="train with the stock PPO of Brax", description="Train with the stock PPO of Brax, without style."
    )
    brax.set_defaults(command=_brax)
    _add_common(brax, "brax", example="brax_ppo.seed=1")
    amp = commands.add_parser(
        "brax-amp",
        help="train with the PPO of Brax and a style that is learned from reference motions (AMP)",
        description="Train with PPO + AMP on Brax's building blocks. brax_ppo.* (but for run_evals) and amp.* are its "
        "settings.",
    )
    amp.set_defaults(command=_brax_amp)
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
    sb3.set_defaults(command=_sb3)
    _add_common(sb3, "sb3", example="sb3_ppo.seed=1")
    _add_resume(sb3)
    sb3.add_argument("--amp", action="store_true", help="pay for style, too (AMP): amp.* are its settings")
    rsl_rl = commands.add_parser(
        "rsl_rl",
        help="train with the PPO of RSL-RL",
        description="Train with the stock runner and PPO of RSL-RL, as Isaac Lab and mjlab use them.",
    )
    rsl_rl.set_defaults(command=_rsl_rl)
    _add_common(rsl_rl, "rsl_rl", example="rsl_rl_ppo.seed=1")
    _add_resume(rsl_rl)
    study.add(commands)
    config = commands.add_parser(
        "config",
        help="print a configuration: every field, its value and its meaning",
        description="Print the configuration that a training would have: every field, its value and its meaning.",
    )
    config.set_defaults(command=_config)
    _add_configuration(config, example="brax_ppo.seed=1")
    convert = commands.add_parser(
        "convert",
        help="write any policy as a policy file",
        description="Write a policy of any format as a policy file, which every other command reads.",
    )
    convert.set_defaults(command=_convert)
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
    _add_trust(convert)
    reproduce = commands.add_parser(
        "reproduce",
        help="train a policy again from what its file says, and compare the two",
        description="Train a policy again from what its file says of itself, and compare the weights; where they are "
        "not the same to the bit, the judge plays both. The exit code is 1 then.",
    )
    reproduce.set_defaults(command=_reproduce)
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
    _add_trust(reproduce)
    replay = commands.add_parser(
        "replay",
        help="play a training step again that was not finite",
        description="Play the training step again that stopped a run of brax-amp, and print all its figures.",
    )
    replay.set_defaults(command=_replay)
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
        "layers, activation and distribution of actions; the critic is new",
    )
    _add_trust(trainer)
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


def _add_trust(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--trust",
        action="store_true",
        help="read files of Stable-Baselines3, which can run any code, because you know where they come from",
    )


def _new_folder(name: str) -> Path:
    """A name that no other training has, started in the same second or on another host."""
    return Path("runs") / time.strftime(f"{name}-%Y%m%d-%H%M%S-{secrets.token_hex(3)}")


if __name__ == "__main__":
    leave(main())
