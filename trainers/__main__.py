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

from trainers.arguments import parser
from trainers.brax.settings import BraxPpo
from trainers.rsl_rl.settings import RslRlPpo
from trainers.sb3.settings import Sb3Ppo
from trainers.tracking import Tracking
from trainers.warm_start import WarmStart, hidden_sizes, match_policy
from wildrobot.arguments import parse
from wildrobot.cli import exit_code, leave
from wildrobot.compilation_cache import enable_compilation_cache
from wildrobot.config import Section, dump_yaml
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.jax_ready import require_jax
from wildrobot.policy import Policy, load_policy
from wildrobot.processors import limit_threads


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code: 2 for a mistake of the caller's, 130 for Ctrl-C, 143 for SIGTERM."""
    return exit_code(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int | None:
    parsed = parse(parser(), arguments, words=("overrides",))
    limit_threads()
    return _COMMANDS[parsed.command](parsed)


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
        experiment, start = _experiment_and_start(parsed, BraxPpo, amp.starts_symmetric, amp.of_policy)
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


def _study(parsed: argparse.Namespace) -> int:
    from trainers.study import conduct

    report = parsed.report or parsed.store / "reports" / Path(parsed.study).stem
    how = conduct.How(parsed.store, report, parsed.at_once, parsed.cluster, list_only=parsed.list, train=parsed.train)
    return conduct.conduct(parsed.study, how)


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


def _experiment_and_start(
    parsed: argparse.Namespace,
    schema: type[Section],
    is_symmetric: Callable[[Policy, Experiment], bool] = lambda policy, experiment: False,
    checkpoint_of: Callable[[Policy, Path], Path | None] = lambda policy, path: None,
) -> tuple[Experiment, WarmStart | None]:
    """The experiment, and the policy that it starts from if there is one."""
    experiment = _experiment(parsed, schema)
    if parsed.start is None:
        return experiment, None
    policy = load_policy(parsed.start, trust=parsed.trust)
    symmetric = is_symmetric(policy, experiment)
    experiment = match_policy(experiment, schema, policy, parsed.overrides, symmetric=symmetric)
    checkpoint = checkpoint_of(policy, parsed.start)
    units = ", ".join(str(units) for units in hidden_sizes(policy)) + " units" + (", symmetric," if symmetric else "")
    print(
        f"starting from {parsed.start} ({policy.info.framework}, {policy.info.environment_steps:,} steps): "
        f"its actor of {units} with {policy.activation} goes on, "
        + (f"as do critic, optimiser and discriminator of {checkpoint}" if checkpoint else "the critic is new"),
        file=sys.stderr,
    )
    return experiment, WarmStart(policy, parsed.start, checkpoint)


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


def _new_folder(name: str) -> Path:
    """A name that no other training has, started in the same second or on another host."""
    return Path("runs") / time.strftime(f"{name}-%Y%m%d-%H%M%S-{secrets.token_hex(3)}")


_COMMANDS: dict[str, Callable[[argparse.Namespace], int | None]] = {
    "brax": _brax,
    "brax-amp": _brax_amp,
    "sb3": _sb3,
    "rsl_rl": _rsl_rl,
    "study": _study,
    "config": _config,
    "convert": _convert,
    "reproduce": _reproduce,
    "replay": _replay,
}


if __name__ == "__main__":
    leave(main())
