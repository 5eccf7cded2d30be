"""A study: groups of trainings, each with several seeds, trained, judged and compared by one command."""
