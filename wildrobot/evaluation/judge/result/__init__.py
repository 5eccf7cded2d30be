"""The one model of a result: filled by the judge, printed, saved as JSON, loaded, and drawn by the report."""

from wildrobot.evaluation.judge.result.comparison import (
    FEWEST_RUNS,
    CaseComparison,
    Comparison,
    Contrast,
    Cost,
    GroupEstimate,
    SuiteComparison,
)
from wildrobot.evaluation.judge.result.evaluation import Evaluation, Settings, SuiteInfo
from wildrobot.evaluation.judge.result.policies import (
    CaseResult,
    EpisodeEstimate,
    Estimate,
    GateResult,
    LearningCurve,
    PolicyResult,
    Provenance,
    SuiteResult,
)
from wildrobot.evaluation.judge.result.saved import from_tree, json_schema, load, to_json

__all__ = [
    "FEWEST_RUNS",
    "CaseComparison",
    "CaseResult",
    "Comparison",
    "Contrast",
    "Cost",
    "EpisodeEstimate",
    "Estimate",
    "Evaluation",
    "GateResult",
    "GroupEstimate",
    "LearningCurve",
    "PolicyResult",
    "Provenance",
    "Settings",
    "SuiteComparison",
    "SuiteInfo",
    "SuiteResult",
    "from_tree",
    "json_schema",
    "load",
    "to_json",
]
