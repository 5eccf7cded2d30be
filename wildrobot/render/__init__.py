"""Pictures and films of the robot. It imports nothing itself: `gl.choose` must come before MuJoCo is imported."""
