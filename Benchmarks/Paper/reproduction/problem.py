"""What cannot be done, said so that the reader knows what to do next."""


class Problem(Exception):
    """Why the experiments cannot go on: one or two sentences."""


class AbsentData(Problem):
    """No data was named; nothing else is wrong."""
