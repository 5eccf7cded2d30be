"""Training with Stable-Baselines3's own PPO: the reference that Brax's results are compared with."""
