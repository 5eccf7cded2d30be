"""The one exception for mistakes that the user can correct."""

LONGEST = 600
"""Characters of a message; what a file holds can be longer than anyone reads."""


class UsageError(Exception):
    """A mistake in what was asked for: the message names the cause, the valid choices and the remedy.

    Commands print the message alone and exit with code 2. Of a long one the middle is left out: the cause stands at its
    beginning and the remedy at its end.
    """

    def __init__(self, message: object):
        # Gymnasium raises what a worker process has raised once more, with the exception itself as the message.
        super().__init__(shortened(str(message), LONGEST))


def shortened(text: str, longest: int) -> str:
    """A text of at most so many characters, without its middle if it is longer."""
    if len(text) <= longest:
        return text
    end = (longest - 5) // 3
    return f"{text[: longest - 5 - end]} ... {text[-end:]}"
