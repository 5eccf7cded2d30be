"""Trainers that stand on other people's battle-tested algorithms."""
