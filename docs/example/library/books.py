"""Books and the copies of them that stand on the shelves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Book:
    """A title, whichever copy of it."""

    title: str
    author: str
    year: int


@dataclass
class Copy:
    """One copy that can be lent."""

    book: Book
    shelf: str
    is_lent: bool = False

    def lend(self) -> None:
        if self.is_lent:
            raise ValueError(f"{self.book.title} is lent already")
        self.is_lent = True

    def give_back(self) -> None:
        self.is_lent = False
