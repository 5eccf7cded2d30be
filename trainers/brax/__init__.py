"""Training with Brax's PPO: stock (`ppo`), and with style on Brax's own building blocks (`amp`)."""

# MuJoCo MJX prints what it lacks when it is first imported. This imports it silently, before Brax would.
import wildrobot.physics.mjx  # noqa: F401
