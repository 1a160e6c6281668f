"""What is wrong with a diagram's text."""


class DiagramInvalid(ValueError):
    """A line that nobody understands, or something that is missing."""
