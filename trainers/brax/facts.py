"""What the Brax trainers are set to, in common words; needs no Brax."""

from __future__ import annotations

from trainers.amp.settings import Amp
from trainers.brax.settings import BraxPpo
from wildrobot.experiment import Experiment
from wildrobot.records import TrainerFacts


def facts(experiment: Experiment) -> tuple[TrainerFacts, ...]:
    """Facts of `brax-amp`, and of `brax-ppo`, which knows no style."""
    settings, style = experiment.section(BraxPpo), experiment.section(Amp)
    adaptive = settings.learning_rate_schedule == "ADAPTIVE_KL"
    styles = {"brax-amp": style.style_weight if style.clips else 0.0, "brax-ppo": 0.0}
    return tuple(
        TrainerFacts(
            trainer=trainer,
            discount=settings.discounting,
            learning_rate=settings.learning_rate,
            desired_kl=settings.desired_kl if adaptive else None,
            style_weight=weight,
        )
        for trainer, weight in styles.items()
    )
