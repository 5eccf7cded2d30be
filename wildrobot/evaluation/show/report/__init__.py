"""The report: one HTML file without network, drawn from the result evaluation alone."""

from wildrobot.evaluation.show.report.page import write

__all__ = ["write"]
