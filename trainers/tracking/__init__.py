"""Where a run's metrics and films go: one seam, the files of every run, and the services that a user may ask for."""

from trainers.tracking.base import Guarded, Run, Tracker
from trainers.tracking.jsonl import MetricsLog
from trainers.tracking.services import FILES_ONLY, SERVICES, Tracking, open_services
from trainers.tracking.tensorboard import TensorBoard

__all__ = [
    "FILES_ONLY",
    "SERVICES",
    "Guarded",
    "MetricsLog",
    "Run",
    "TensorBoard",
    "Tracker",
    "Tracking",
    "open_services",
]
