"""What the RSL-RL trainer is set to, in common words; needs neither RSL-RL nor torch."""

from __future__ import annotations

from trainers.rsl_rl.settings import RslRlPpo
from wildrobot.experiment import Experiment
from wildrobot.records import TrainerFacts


def facts(experiment: Experiment) -> tuple[TrainerFacts, ...]:
    """Facts of `rsl_rl-ppo`, which knows no style."""
    settings = experiment.section(RslRlPpo)
    return (
        TrainerFacts(
            trainer="rsl_rl-ppo",
            discount=settings.gamma,
            learning_rate=settings.learning_rate,
            desired_kl=settings.desired_kl if settings.schedule == "adaptive" else None,
            style_weight=0.0,
        ),
    )
