"""The desk where copies go out and come back."""

from datetime import date, timedelta

from library.books import Book, Copy
from library.fees import fee
from library.readers import Reader

LOAN = timedelta(days=28)


class Desk:
    def __init__(self, copies: list[Copy]) -> None:
        self.copies = copies
        self.due: dict[int, date] = {}

    def find(self, book: Book) -> Copy | None:
        for copy in self.copies:
            if copy.book == book and not copy.is_lent:
                return copy
        return None

    def lend(self, book: Book, reader: Reader, today: date) -> Copy | None:
        copy = self.find(book)
        if copy is None or not reader.may_borrow():
            return None
        reader.borrow(copy)
        self.due[id(copy)] = today + LOAN
        return copy

    def take_back(self, copy: Copy, reader: Reader, today: date) -> int:
        reader.loans.remove(copy)
        copy.give_back()
        return fee()
