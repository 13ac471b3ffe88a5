"""What a loan costs that comes back too late."""

from datetime import date

CENTS_PER_DAY = 20
MOST_CENTS = 1_000


def fee(due: date, returned: date) -> int:
    """Cents for a loan that was due and returned on these days."""
    days_late = max((returned - due).days, 0)
    return min(days_late * CENTS_PER_DAY, MOST_CENTS)
