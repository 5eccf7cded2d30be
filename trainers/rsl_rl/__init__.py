"""Training with RSL-RL's own runner and PPO: what Isaac Lab and mjlab train legged robots with."""
