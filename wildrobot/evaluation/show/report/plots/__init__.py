"""The curves, as Plotly's JSON."""
