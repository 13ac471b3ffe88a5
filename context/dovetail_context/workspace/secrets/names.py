"""Recognise names of secrets: `DB_PASS`, `apiKey`, `x-auth-token`, `target_password`. Pure.

A name is split into its words, and the last word that can mean a secret decides. A word before it may make it certain
(`api` before `key`). A word after it may turn it into a property of a secret (`password_field`, `tokenUrl`).
"""

import re
from enum import IntEnum
from functools import lru_cache


class Level(IntEnum):
    """How sure a name is to be given a secret, so what may count as one."""

    MAYBE = 1  # only what looks random and is long
    SECRET = 2  # whatever is no word, nor a word with a number
    PASSWORD = 3  # whatever is no word


# Every name of a secret holds one of these in lower case. The search for names begins with them.
TRIGGERS = (b"pass", b"pw", b"psk", b"secret", b"cred", b"token", b"key", b"auth", b"salt")
LONGEST_NAME = 80  # characters

_TRIGGER = re.compile("|".join(trigger.decode() for trigger in TRIGGERS) + "|psw")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PASSWORD = re.compile(
    r".*passw(?!ord(?:less|field)).*|.*pass(?:phrase|code|key)s?|(?:.*[a-z])?pwds?(?:hash)?|psks?|psw|.*pws?|.+pass(?:es)?"
)
# A pass of another kind, in front of `pass` or in one word with it.
_PASSES = frozenset(
    """
    by com encom tres sur under over sub render pre multi single one two first second third final depth shadow
    compute post low high band all blur forward lighting geometry opaque optimization compiler analysis next current
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_SECRET = re.compile(
    r".*secrets?|secret(?!ar).*|.*credentials?|creds?|.*[a-z]creds|"
    r"(?:api|access|auth|secret|private|priv|shared|master|encryption|encrypt|signing|sign|session|client|app|account|"
    r"service|license|hmac|jwt|aes|crypto|cipher|storage|subscription|admin|user|bot|refresh|id|oauth|deploy|preshared)"
    r"(?:keys?|tokens?)(?:id)?"
)
_MAYBE = frozenset(["token", "tokens", "key", "keys", "auth", "auths", "authorization", "salt", "salts"])
_CERTAIN = frozenset(
    """
    api access private priv master encryption encrypt signing sign account auth oauth refresh client app application
    secret service session bot admin deploy hmac jwt aes crypto cipher storage subscription license shared preshared
    bearer sas personal security symmetric decryption vault integration
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
_NEVER = frozenset(["public", "pub", "foreign", "primary"])  # keys that anybody may see
# What is called so is about a secret, and is none: `secret_name`, `tokenUrl`, `password-field`.
_ABOUT = frozenset(
    """
    name id ids url urls uri uris path paths file files filename dir folder field fields header headers type types kind
    prefix suffix param params parameter label arn hash length len size regex regexp pattern format alias title text
    message msg error errors hint help description desc placeholder env var variable ref class selector input button
    form page route endpoint provider manager service policy strength rule rules validator algorithm algo alg version
    column table count index position expiry expires expiration ttl timeout status state enabled required
    """.split()  # noqa: SIM905
)
_ABOUT_ENDINGS = tuple(sorted(word for word in _ABOUT if len(word) >= 4))


@lru_cache(maxsize=8192)
def level_of(name: str) -> Level | None:
    """Return how sure `name` is to be given a secret: dotted or hyphenated names count as one; None if it is not."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if "pass" in words:
        words = _joined(words)
    for place in range(len(words) - 1, -1, -1):
        level = _level(words[place], words[:place])
        if level is not None:
            return min(level, Level.MAYBE) if _is_about(words[place + 1 :]) else level
        if words[place] in _NEVER:
            return None
    return None


def mentioned(words: bytes, names: bytes) -> set[str]:
    """Return the names in `words` that are given secrets, or may end a name that is.

    `names` is the same in lower case, with a space for each character that no name has.
    """
    found: set[bytes] = set()
    for trigger in TRIGGERS:
        place = names.find(trigger)
        while place >= 0:
            start = names.rfind(b" ", 0, place) + 1
            end = names.find(b" ", place)
            end = len(names) if end < 0 else end
            found.add(words[start:end])
            place = names.find(trigger, end)
    texts = [name.decode("ascii") for name in found if len(name) <= LONGEST_NAME]
    return {name for name in texts if level_of(name) is not None}


def _joined(words: list[str]) -> list[str]:
    """`passWord` and `pass_phrase` are one word each."""
    whole: list[str] = []
    for word in words:
        if whole and whole[-1] == "pass" and word in ("word", "words", "wd", "phrase", "code"):
            whole[-1] += word
        else:
            whole.append(word)
    return whole


def _level(word: str, before: list[str]) -> Level | None:
    if not _TRIGGER.search(word):
        return None
    stem = word.removesuffix("es").removesuffix("pass")
    if stem != word and (stem in _PASSES or (not stem and before and before[-1] in _PASSES)):
        return None
    if word in ("pass", "passes"):
        return Level.PASSWORD if before else Level.SECRET
    if _PASSWORD.fullmatch(word):
        return Level.PASSWORD
    if _SECRET.fullmatch(word):
        return Level.SECRET
    if word in _MAYBE:
        if not _NEVER.isdisjoint(before):
            return None
        return Level.MAYBE if _CERTAIN.isdisjoint(before) else Level.SECRET
    return None


def _is_about(behind: list[str]) -> bool:
    return bool(behind) and (behind[-1] in _ABOUT or behind[-1].endswith(_ABOUT_ENDINGS))
