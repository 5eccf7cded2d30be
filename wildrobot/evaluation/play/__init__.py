"""Plays suites: cases, environments, rollouts and what is recorded of them."""
