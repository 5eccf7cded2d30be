"""Train a policy again from what its file says of itself, and compare the two."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from trainers.kept import PROVENANCE
from trainers.versions import changed, versions
from trainers.warm_start import WarmStart
from wildrobot.config import validated
from wildrobot.errors import UsageError
from wildrobot.experiment import Experiment, experiment_class
from wildrobot.policy import Policy, TrainingRecord
from wildrobot.records import commit


def reproduce(path: Path, policy: Policy, run: Path, start: WarmStart | None) -> bool:
    """Trains into a run folder, or goes on there, and says whether the weights are the same.

    Args:
      path: of the policy, for the messages.
      policy: what is trained again.
      run: a new folder, or one in which this has been interrupted.
      start: the policy that the training started from, if it did.

    Returns:
      Whether they are the same to the bit. If not, both have been judged, quickly, beside each other.

    Raises:
      UsageError: for a policy that does not say how it was trained, and for another start than its own.
    """
    record = policy.info.training
    if record is None:
        raise UsageError(
            f"{path}: does not say how it was trained, as policies of older versions do not; train it by its "
            "configuration instead: python -m trainers --help"
        )
    start = start and _all_that_went_on(start, policy.info.framework, record)
    if (found := start and start.sha256) != record.started_from:
        raise UsageError(
            f"{path}: its training started from {_named(record.started_from)}, and not from {_named(found)}; name that "
            "with --from"
        )
    for line in _differences(policy.info.framework, record):
        print(f"Note: {line}", file=sys.stderr)
    _train(policy.info.framework, _experiment(path, policy, record), run, start)
    again = Policy.load(run / "policy.safetensors")
    ours, theirs = again.weights_sha256, policy.weights_sha256
    print(f"weights of {path}: {theirs}\nweights trained again: {ours}")
    if again.info.environment_steps != policy.info.environment_steps:
        print(
            f"{path} was saved after {policy.info.environment_steps:,} environment steps, before the end of its "
            f"training, and the new one after {again.info.environment_steps:,}"
        )
    if ours == theirs:
        print("the same to the bit")
        return True
    print(
        "not the same to the bit; this is expected on another kind of machine, with another number of threads or with "
        "other versions. The judge:"
    )
    _judge(path, run)
    return False


def _all_that_went_on(start: WarmStart, framework: str, record: TrainingRecord) -> WarmStart:
    """With the checkpoint of the policy, if that is what the training started from."""
    if framework != "brax-amp":
        return start
    from trainers.brax import amp

    whole = start._replace(checkpoint=amp.of_policy(start.policy, start.path))
    return whole if whole.sha256 == record.started_from else start


def _experiment(path: Path, policy: Policy, record: TrainingRecord) -> Experiment:
    schema = experiment_class()
    # A section of a trainer that is not installed here had no part in it, or its absence shows below.
    settings = {name: tree for name, tree in record.settings.items() if name in schema.model_fields}
    return validated(schema, {"env": policy.info.env_config} | settings, f"the experiment of {path}")


def _train(framework: str, experiment: Experiment, run: Path, start: WarmStart | None) -> None:
    goes_on = (run / PROVENANCE).is_file()
    if framework == "brax-ppo":
        from trainers.brax import ppo

        ppo.train(experiment, run, start)  # it cannot go on, and refuses a folder that holds files
        return
    options: dict[str, Any] = {}
    if framework == "brax-amp":
        from trainers.brax import amp as training
    elif framework in ("sb3-ppo", "sb3-amp"):
        from trainers.sb3 import training

        options = {"amp": framework == "sb3-amp"}
    elif framework == "rsl_rl-ppo":
        from trainers.rsl_rl import training
    else:
        raise UsageError(f"no trainer here is called {framework}: the policy is of another program")
    if goes_on:
        training.resume(run)
    else:
        training.train(experiment, run, start, **options)


def _judge(path: Path, run: Path) -> None:
    from wildrobot.evaluation.evaluate import Outputs, evaluate
    from wildrobot.evaluation.play.candidates import load_candidates
    from wildrobot.evaluation.play.suite import DEFAULT_SUITES, load_suite

    suites = [suite for name in DEFAULT_SUITES if (suite := load_suite(name, quick=True)) is not None]
    evaluate(load_candidates([path, run], trust=False), suites, Outputs(), quick=True)


def _differences(framework: str, record: TrainingRecord) -> list[str]:
    """What differs here from when the policy was trained, one sentence each."""
    here = versions()
    found = [
        f"{name} was {record.versions[name] or 'not installed'}, and here is {here[name] or 'not installed'}"
        for name in changed(framework, record.versions)
    ]
    if record.commit != (now := commit()):
        found.append(f"the code was that of commit {record.commit or '(unknown)'}, and here is {now or '(unknown)'}")
    return found


def _named(sha256: str | None) -> str:
    return "nothing" if sha256 is None else f"the policy or checkpoint of SHA-256 {sha256[:12]}"
