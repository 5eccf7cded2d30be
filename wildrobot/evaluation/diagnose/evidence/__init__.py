"""What is measured before anything is examined: each module fills one record of arrays."""
