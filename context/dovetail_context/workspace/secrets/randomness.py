"""How random a text looks: whether words or chance explain its letters and digits better. Pure.

A text is written down in two ways and the costs are compared, in bits. As random characters each one costs the same, by
the alphabet in use. As words, a letter costs what it costs behind the letter before it, and every word, number and
change of case costs a little more. `getUserName2` is cheap as words, `kq3vX0zw` is not.
"""

import math
import re
from functools import lru_cache

# The cost of a letter behind another, in thirds of a bit, as one base-36 digit: a row for each letter and one for the
# start of a word, a column for each letter. Counted in the words of Python's standard library
# (`tests/benchmarks/secrets/letters.py` prints this table).
_COSTS = (
    "fdcdolgpfui9datet9c8ijllir"  # a
    "9edhbjoobgo8ikbiqddibqppfo"  # b
    "9mgialoaeubdkm7mqehaenqujv"  # c
    "bhhe5hko7opfljclrfdhemookt"  # d
    "dlc9gfinlupdfalgk89bnikelt"  # e
    "ckhga8ir7rtcnl9lrcffdrpqiv"  # f
    "cmjk5lfbbtqdhcelvacidmnrnn"  # g
    "7mkj6mqm9vmhik8nuejdfrptjs"  # h
    "fhceegeuqrocd6bgtfbaugwkyg"  # i
    "9khi7kjicmbkno9fokel8mlnjn"  # j
    "ckhh5kgh9mmcofhjnh9ginfsiu"  # k
    "anjf6lpq8toanmajxnfegmswbu"  # l
    "7foj6npravmielb9xpeiestxju"  # m
    "bmbaag8ndqjimidkrmb8hipumv"  # n
    "jgdclihpitidc7fdy9eechelrr"  # o
    "8nkj8knhcxnaomacp9fcfqmvey"  # p
    "fjjiknkjkpogkhklgeem2lipno"  # q
    "9mgf6khqaxjhfhajyebcgkmvhx"  # r
    "eodk7lmdatjgkkednlb7bpkshv"  # s
    "angj6kqc7xrhkmcjwacfgolpfp"  # t
    "ecehdghsewqad7jczaaapqupvt"  # u
    "7jjo3lno8ssoknemtllmolmpop"  # v
    "7mig9jnc7tphocamsbcknliiss"  # w
    "dgbfadnhbqphgli9qkh8kll9fn"  # x
    "ghehchkmdsoedcf8shaamiglag"  # y
    "bnli4lplbtsllndlonkjprnkh6"  # z
    "cebcddfgcmkedegcmcadfjgjon"  # ^
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_COST = {
    before + letter: int(_COSTS[26 * row + column], 36) / 3
    for row, before in enumerate(_LETTERS + "^")
    for column, letter in enumerate(_LETTERS)
}
# The cost of a word by its length. Short words are common in names, but less so than in random text.
_LENGTH = (0.0, 6.0, 5.0, 3.6, 2.8, 3.0, 3.0, 3.0, 3.2, 3.6, 4.2, 4.8, 5.4)
_LONGER = 0.5  # for every further letter
# What comes before a word or number without a separator: rare ways of joining cost more.
_AFTER_SEPARATOR, _CAMEL_CASE, _OTHER_CASE, _WORD_AFTER_DIGIT, _DIGIT_AFTER_WORD, _FIRST_DIGIT = (
    0.5,
    0.5,
    2.0,
    3.0,
    3.0,
    1.0,
)
_DIGIT = math.log2(10)
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_HEXADECIMAL = re.compile(r"(?:[0-9a-f]|[^A-Za-z0-9])+\Z|(?:[0-9A-F]|[^A-Za-z0-9])+\Z")
_SEPARATOR = re.compile(r"(?<=[A-Za-z0-9])[_.:/\-](?=[A-Za-z0-9])")  # names have many, random text has few
_ENOUGH = 400  # characters decide; longer texts cost time and are no clearer


@lru_cache(maxsize=2048)
def randomness(text: str) -> float:
    """Return how many bits chance explains the letters and digits of `text` better than words do.

    It is above zero for what looks random and below for what looks written. It grows with the length.
    """
    text = text[:_ENOUGH]
    parts = _PARTS.findall(text)
    if not parts:
        return 0.0
    count = sum(map(len, parts)) + len(_SEPARATOR.findall(text))
    return _as_words(text) - count * _bits_of_alphabet(text)


def _as_words(text: str) -> float:
    cost = 0.0
    end = -1
    after_digit = False
    for match in _PARTS.finditer(text):
        part = match[0]
        joined = match.start() == end
        is_number = part[0].isdigit()
        if is_number:
            cost += (_DIGIT_AFTER_WORD if joined else _FIRST_DIGIT) + _DIGIT * len(part)
        else:
            if end >= 0:
                cost += _joint(part, joined, after_digit)
            cost += _of_word(part.lower())
        end, after_digit = match.end(), is_number
    return cost


@lru_cache(maxsize=8192)
def _of_word(word: str) -> float:
    length = len(word)
    cost = _LENGTH[length] if length < len(_LENGTH) else _LENGTH[-1] + _LONGER * (length - len(_LENGTH) + 1)
    before = "^"
    for letter in word:
        cost += _COST[before + letter]
        before = letter
    return cost


def _joint(word: str, joined: bool, after_digit: bool) -> float:
    if not joined:
        return _AFTER_SEPARATOR
    if after_digit:
        return _WORD_AFTER_DIGIT
    return _CAMEL_CASE if word[1:2].islower() else _OTHER_CASE


def _bits_of_alphabet(text: str) -> float:
    """Return the cost of one random character of the alphabet that `text` appears to use."""
    has_digit = any(each in "0123456789" for each in text)
    if has_digit and _HEXADECIMAL.match(text):
        return 4.0 if any(each.isalpha() for each in text) else _DIGIT
    size = 26 * any("a" <= each <= "z" for each in text) + 26 * any("A" <= each <= "Z" for each in text)
    return math.log2(size + 10 * has_digit)
