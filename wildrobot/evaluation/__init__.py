"""The judge: plays a policy, whichever framework trained it, and says how well it walks."""
