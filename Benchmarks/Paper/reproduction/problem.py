"""What cannot be done, said so that the reader knows what to do next."""


class Problem(Exception):
    """Why the experiments cannot go on: one or two sentences."""


class AbsentData(Problem):
    """The data is not there; nothing else is wrong."""
