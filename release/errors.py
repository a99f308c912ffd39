"""What can be wrong with the source or the environment: always the file, the place in it and the mend."""


class ReleaseError(Exception):
    """A release that cannot go on. The text is for the person who runs it."""
