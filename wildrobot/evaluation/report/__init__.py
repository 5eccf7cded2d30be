"""The report: one HTML file without network, drawn from the result document alone."""

from wildrobot.evaluation.report.page import write

__all__ = ["write"]
