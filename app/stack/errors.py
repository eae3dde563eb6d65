"""Why the stack does not run."""


class StackError(Exception):
    """Said in one sentence to whoever started the stack, which then ends with exit code 1."""
