"""The report: one HTML file without network, drawn from the result document alone."""

from wildrobot.evaluation.show.report.page import write

__all__ = ["write"]
