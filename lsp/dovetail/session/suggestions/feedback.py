"""What becomes of the suggestions of a session: what it means for the next one, and counts for the user's statistics.

Follows each open document (`acceptance`, `editing`), and adds to the user's counts now and then, on a thread. Nothing
that goes wrong here is an error to anybody: counts that cannot be written wait, and are written later or lost.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

from dovetail.completion.preparation.restraint import Restraint
from dovetail.completion.request import Completion
from dovetail.completion.values import Shaped
from dovetail.session.suggestions import acceptance
from dovetail.session.suggestions.acceptance import Event, Following, Outcome, Showing, Suggestion
from dovetail.session.suggestions.editing import NO_EDITS, Editing
from dovetail.stats.store import StatsError, add, stats_path
from dovetail.stats.tally import OTHER_LANGUAGE, Key, Name, Tally, band_of, bucket_of
from dovetail.text.changes import changes_of
from dovetail.text.document import Document, Edit
from dovetail.text.lines import Encoding
from dovetail_context.api import language_for

log = logging.getLogger(__name__)

# Seconds between writes of the counts, which are also written at the end: a killed server loses no more than this.
WRITE_EVERY_S = 20.0
# Clients that gather keystrokes before they send them, and that report an accept. Several characters at once from one
# of these are typing, unless the client reports otherwise.
CLIENTS_THAT_REPORT_ACCEPTS = ("Neovim",)


class Feedback:
    """The account of one session. It counts nothing until `follow` turns that on."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._path: Path | None = None
        self._client_reports = False
        self._names = (f"{number}" for number in count(1))
        self._documents: dict[str, Following] = {}
        self._editing: dict[str, Editing] = {}
        self._about: dict[str, tuple[str, str]] = {}  # language and model of the suggestions that are followed
        self._bands: dict[str, int] = {}  # their certainty, where the model gave one
        self._tally = Tally()
        self._written_at = clock()
        self._writing: asyncio.Task[None] | None = None

    def follow(self, wanted: bool, client: str | None = None) -> None:
        """Set whether to count at all (the user's setting), and which client is connected, if that is new."""
        self._path = stats_path() if wanted else None
        if client is not None:
            self._client_reports = client in CLIENTS_THAT_REPORT_ACCEPTS

    def answered(self, document: Document, completion: Completion) -> list[str]:
        """Record an answer. Return the names of its items, the one on the screen first; none if nothing is counted."""
        about = (_language(completion.path, completion.language), completion.reply.model)
        self._count(about, "answered")
        self._count(about, "memory_ms" if completion.remembered else "model_ms", bucket=bucket_of(completion.total_ms))
        self._count(about, "remembered", int(completion.remembered))
        if not completion.text:
            return []
        suggestions = tuple(
            _suggestion(next(self._names), shown, completion.offset, document)
            for shown in (Shaped(completion.text, completion.replaced), *completion.others)
        )
        following = self._documents.get(document.uri, Following())
        following = self._keep(document.uri, acceptance.shown(following, suggestions, self._clock()))
        showing = following.showing
        assert showing is not None  # it was made this moment
        for suggestion in (showing.suggestion, *showing.others):
            self._about[suggestion.name] = about
        if completion.reply.logprob is not None:
            self._bands[showing.suggestion.name] = band_of(completion.reply.logprob)
        return [showing.suggestion.name, *(one.name for one in suggestions[1:])] if self._path is not None else []

    def changed(self, before: Document, edits: Sequence[Edit], after: Document, encoding: Encoding) -> None:
        """Follow edits that made `after` of `before`."""
        uri, changes = before.uri, list(changes_of(before, edits, encoding))
        is_typed_back = False
        for text, change in changes if uri in self._documents else ():
            following = self._documents.get(uri, Following())
            step = acceptance.changed(following, text, change, self._clock(), reports=self._client_reports)
            showing, now = following.showing, self._keep(uri, step)
            is_typed_back = showing is not None and now.showing is not None and now.showing.present < showing.present
            if showing is not None and now.showing is None and _is_rejected(showing, step[1]):
                self._editing[uri] = self._edits_of(uri).rejecting(showing.rest, before)
        if self._documents.get(uri) == Following():
            del self._documents[uri]
        self._editing[uri] = self._edits_of(uri).edited(changes, after, is_typed_back)

    def dismissed(self, document: Document) -> None:
        """Record that the user dismissed the suggestion on the document's screen."""
        following = self._documents.get(document.uri)
        if following is not None and following.showing is not None:
            showing = following.showing
            self._editing[document.uri] = self._edits_of(document.uri).rejecting(
                showing.rest, document, is_dismissed=True
            )
            seen = acceptance.seen(following, showing.suggestion.name)
            self._keep(document.uri, acceptance.ended(seen, self._clock()))

    def restraint(self, document: Document, offset: int) -> Restraint:
        """Return what the user has just done at an offset. What is typed along a suggestion is not rejected there."""
        restraint = self._edits_of(document.uri).at(document, offset)
        showing = self._documents.get(document.uri, Following()).showing
        is_typed_along = showing is not None and showing.cursor == offset
        return replace(restraint, rejected=()) if is_typed_along else restraint

    def accepted(self, name: str, utf16_length: int | None = None) -> None:
        """Record an accept that the editor reports: all of a suggestion, or `utf16_length` units of its newest item."""
        for uri, following in self._documents.items():
            length = None if utf16_length is None else _length(following.showing, utf16_length)
            self._documents[uri] = acceptance.reported_accept(following, name, self._clock(), length)

    def seen(self, name: str) -> None:
        """Record the editor's report that a suggestion is on the screen."""
        for uri, following in self._documents.items():
            self._documents[uri] = acceptance.seen(following, name)

    def closed(self, uri: str) -> None:
        """Record that the document was closed."""
        self._editing.pop(uri, None)
        following = self._documents.pop(uri, None)
        if following is not None:
            self._settle(acceptance.closed(following, self._clock()))

    async def close(self) -> None:
        """Write what is left. A second call does nothing."""
        for uri in tuple(self._documents):
            self.closed(uri)
        if self._writing is not None:
            await self._writing
        await self.write()

    def _edits_of(self, uri: str) -> Editing:
        return self._editing.get(uri, NO_EDITS)

    def _keep(self, uri: str, step: tuple[Following, tuple[Event, ...]]) -> Following:
        following, events = step
        self._documents[uri] = following
        self._settle(events)
        return following

    def _settle(self, events: tuple[Event, ...]) -> None:
        for event in events:
            about = self._about.get(event.name, (OTHER_LANGUAGE, ""))
            if isinstance(event, Outcome):
                if event.how != "unseen":
                    self._count(about, "shown")
                    self._count(about, event.how)
                    self._count_certainty(about, event)
                self._count(about, "accepted_characters", event.accepted)
            elif event.after_s == 30:
                self._count(about, "kept_30_characters", event.kept)
                self._count(about, "kept_30_of", event.accepted)
            else:
                self._count(about, "kept_300_characters", event.kept)
                self._count(about, "kept_300_of", event.accepted)
        self._forget()

    def _count_certainty(self, about: tuple[str, str], outcome: Outcome) -> None:
        band = self._bands.get(outcome.name)
        if band is not None:
            self._count(about, "sure_shown", bucket=band)
            self._count(about, "sure_rejected", int(outcome.how == "rejected"), bucket=band)

    def _forget(self) -> None:
        followed = {one.name for each in self._documents.values() for one in each.taken}
        showings = [each.showing for each in self._documents.values() if each.showing is not None]
        followed.update(one.name for each in showings for one in (each.suggestion, *each.others))
        self._about = {name: about for name, about in self._about.items() if name in followed}
        self._bands = {name: band for name, band in self._bands.items() if name in followed}

    def _count(self, about: tuple[str, str], name: Name, number: int = 1, bucket: int = 0) -> None:
        if self._path is None:
            return
        if number:
            self._tally[Key(*about, name, bucket)] += number
        if self._clock() - self._written_at >= WRITE_EVERY_S and self._writing is None:
            self._written_at = self._clock()
            self._writing = asyncio.create_task(self.write())
            self._writing.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[None]) -> None:
        self._writing = None

    async def write(self) -> None:
        """Write what was counted."""
        path, tally = self._path, self._tally
        if path is None or not tally:
            return
        self._tally = Tally()
        try:
            await asyncio.to_thread(add, path, tally, date.today())
        except StatsError as error:
            self._tally += tally
            log.info("%s", error)


def _is_rejected(showing: Showing, events: Sequence[Event]) -> bool:
    """Return whether the user did not want what was left of a suggestion that has ended."""
    how = next((event.how for event in events if isinstance(event, Outcome)), "unseen")
    return how in ("rejected", "part") and bool(showing.rest.text.strip())


def _suggestion(name: str, shown: Shaped, offset: int, document: Document) -> Suggestion:
    line_end = "\r\n" if document.line(0).endswith("\r\n") else "\n"
    replaced = document.text[offset : offset + shown.replaced]
    return Suggestion(name, offset, shown.text.replace("\n", line_end), replaced)


def _length(showing: Showing | None, utf16_length: int) -> int:
    """UTF-16 units of the newest item, whose lines end with "\n", as characters of the suggestion."""
    text = showing.suggestion.text[showing.item :] if showing is not None else ""
    units = text.replace("\r\n", "\n").encode("utf-16-le", errors="surrogatepass")[: 2 * max(utf16_length, 0)]
    part = units.decode("utf-16-le", errors="ignore")
    return len(part) + (part.count("\n") if "\r\n" in text else 0)


def _language(path: str, language: str) -> str:
    found = language_for(path, language)
    return found.name if found else OTHER_LANGUAGE
