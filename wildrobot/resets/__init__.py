"""Banks of start states."""
