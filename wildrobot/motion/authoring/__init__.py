"""How reference motions are made and measured: gaits, retargeting of recordings, and the limits of the robot."""
