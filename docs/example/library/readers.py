"""Those who borrow."""

from dataclasses import dataclass, field

from library.books import Copy

MOST_LOANS = 6


@dataclass
class Reader:
    name: str
    card_number: int
    loans: list[Copy] = field(default_factory=list)

    def may_borrow(self) -> bool:
        """Whether the reader has room for one more loan."""
        return len(self.loans) < MOST_LOANS

    def borrow(self, copy: Copy) -> None:
        copy.lend()
        self.loans.append(copy)
