"""What a healthy experiment gives as evidence: measured once, and spoiled by the tests."""

import pytest

import wildrobot.evaluation.diagnose.examinations  # noqa: F401 - registers them
from wildrobot.env import make_env
from wildrobot.evaluation.diagnose.evidence.clips import clip_facts
from wildrobot.evaluation.diagnose.evidence.draws import Draws, draws
from wildrobot.evaluation.diagnose.evidence.statics import Statics, statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials, try_out
from wildrobot.evaluation.diagnose.examinations.motions import Motions
from wildrobot.evaluation.diagnose.registry import EXAMINATIONS
from wildrobot.experiment import load_experiment


@pytest.fixture(scope="session")
def healthy():
    """The evidence of the smoke experiment, with one clip."""
    env = make_env(load_experiment("smoke", ["env.physics.engine=native"]).env)
    clips = clip_facts(env.robot, ["forward-0.10"])
    return {
        Statics: statics(env.physics.variants, env.robot),
        Draws: draws(env),
        Motions: Motions(clips),
        Trials: try_out(env.config, clips),
    }


@pytest.fixture
def failed():
    """What an examination finds in evidence: the subjects whose value is not as it should be."""

    def failed(name, evidence):
        return [check.subject for check in EXAMINATIONS[name].result(evidence).failed]

    return failed
