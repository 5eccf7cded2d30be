"""A sweep: a study that searches better settings of one group, with Optuna as the sampler and the judge as the pruner."""
