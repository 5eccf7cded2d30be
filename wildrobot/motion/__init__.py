"""Reference motions as training uses them: clips, libraries of clips, and the features of a motion."""
