"""From numbers to a result: gates, comparisons, notes and where the policies come from."""
