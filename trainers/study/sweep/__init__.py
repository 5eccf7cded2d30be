"""A sweep: a study that searches better settings of one group, sampled by Optuna and judged in short."""
