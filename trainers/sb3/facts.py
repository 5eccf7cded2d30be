"""What the Stable-Baselines3 trainers are set to, in common words; needs neither SB3 nor torch."""

from __future__ import annotations

from trainers.amp.settings import Amp
from trainers.sb3.settings import Sb3Ppo
from wildrobot.experiment import Experiment
from wildrobot.records import TrainerFacts


def facts(experiment: Experiment) -> tuple[TrainerFacts, ...]:
    """Facts of `sb3-ppo`, which knows no style, and of `sb3-amp`."""
    settings, style = experiment.section(Sb3Ppo), experiment.section(Amp)
    adaptive = settings.learning_rate_schedule == "ADAPTIVE_KL"
    styles = {"sb3-ppo": 0.0, "sb3-amp": style.style_weight if style.clips else 0.0}
    return tuple(
        TrainerFacts(
            trainer=trainer,
            discount=settings.gamma,
            learning_rate=settings.learning_rate,
            desired_kl=settings.desired_kl if adaptive else None,
            style_weight=weight,
        )
        for trainer, weight in styles.items()
    )
