"""Suites as YAML files, read through `wildrobot.evaluation.play.suite`."""
