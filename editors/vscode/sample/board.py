class Board:
    """A board of squares."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height

    def square_count(self) -> int:
        return self.width * self.height
