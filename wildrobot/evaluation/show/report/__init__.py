"""The report: one HTML file without network, drawn from the result alone."""
