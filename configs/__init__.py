"""Experiments as YAML files, read through `wildrobot.config`."""
