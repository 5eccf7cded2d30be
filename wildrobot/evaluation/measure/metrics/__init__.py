"""How well a robot walks: functions of recorded episodes, each in one place with its name, unit and better direction.

A metric is computed per episode and only then averaged, so that opposite errors do not cancel. The order of the
imports below is the order in which metrics are listed.
"""

# isort: off
from wildrobot.evaluation.measure.metrics import tracking as tracking
from wildrobot.evaluation.measure.metrics import gait as gait
from wildrobot.evaluation.measure.metrics import effort as effort
from wildrobot.evaluation.measure.metrics import motion as motion
from wildrobot.evaluation.measure.metrics.registry import METRICS, Metric, MetricInfo, find, metric
# isort: on

__all__ = ["METRICS", "Metric", "MetricInfo", "find", "metric"]
