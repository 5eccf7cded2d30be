"""A learning rate that SB3 asks for before every update."""

from __future__ import annotations

from trainers.sb3.settings import Sb3Ppo

_LOWEST, _HIGHEST, _FACTOR = 1e-5, 1e-2, 1.5


class LearningRate:
    """SB3's learning rate schedule, called with the fraction of training that is left.

    `ADAPTIVE_KL` is the rule of Rudin et al. 2021 ("Learning to Walk in Minutes", after Schulman et al. 2017, PPO,
    section 4), as in RSL-RL and Brax: where the divergence between old and new policy was above twice the wanted one,
    the rate is divided by 1.5; where below half of it, multiplied. `LINEAR` falls to 0.
    """

    def __init__(self, settings: Sb3Ppo):
        self._rule, self._desired_kl = settings.learning_rate_schedule, settings.desired_kl
        self.value = settings.learning_rate

    def __call__(self, remaining: float | int) -> float:
        # The last rollout may go beyond the last step, which would make the fraction negative.
        return self.value * max(remaining, 0.0) if self._rule == "LINEAR" else self.value

    def adapt(self, kl: float) -> None:
        """Takes the divergence [nat] of the newest update into account."""
        if self._rule != "ADAPTIVE_KL":
            return
        if kl > 2.0 * self._desired_kl:
            self.value = max(self.value / _FACTOR, _LOWEST)
        elif kl < 0.5 * self._desired_kl:
            self.value = min(self.value * _FACTOR, _HIGHEST)

    def go_on_from(self, rate: float) -> None:
        """Takes the rate over that an earlier part of the training had adapted."""
        if self._rule == "ADAPTIVE_KL":
            self.value = rate
