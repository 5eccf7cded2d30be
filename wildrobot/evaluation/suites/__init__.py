"""The suites that come with the package, as YAML files; `wildrobot.evaluation.play.suite` says what they mean."""

from pathlib import Path

from wildrobot.config import YamlFiles

SUITES = YamlFiles("suite", Path(__file__).parent)
