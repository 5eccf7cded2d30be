"""From recorded episodes to numbers: metrics, their uncertainty, and time series."""
