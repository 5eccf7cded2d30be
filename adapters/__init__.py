"""One framework's contract each, over the same environment core."""
