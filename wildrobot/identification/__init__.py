"""What a real joint is, from logs of it: delay, gains, friction, armature, zero and play, each with an interval."""
