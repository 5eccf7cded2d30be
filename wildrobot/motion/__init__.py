"""Reference motions: clips, how they are made, judged, and compared with what a policy does."""
