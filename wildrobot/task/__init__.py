"""The walk, as pure functions of arrays: commands, sensing, observations, rewards, termination."""
