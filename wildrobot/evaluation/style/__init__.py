"""How much a policy walks like its reference: the measurement that decides whether a style reward worked."""
