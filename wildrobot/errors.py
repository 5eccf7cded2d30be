"""The one exception for what its user can put right."""


class UsageError(Exception):
    """A mistake in what was asked for: the message names the cause, the valid choices and the remedy.

    Commands print the message alone and exit with code 2.
    """
