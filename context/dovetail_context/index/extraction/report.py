"""The report of what the index holds, counted from an image and what has changed since it was made."""

from collections import Counter
from collections.abc import Iterable, Mapping

from dovetail_context.index.extraction.build import BuildReport
from dovetail_context.index.storage.image import Image
from dovetail_context.records.packed import PackedRecord
from dovetail_context.workspace.scan import Skipped


def report_of(
    image: Image | None,
    changed: Mapping[str, PackedRecord | None],
    skipped: Iterable[Skipped],
    project_problems: Iterable[Skipped],
    seconds: float,
    unread: tuple[tuple[str, int], ...] = (),
) -> BuildReport:
    """Count the files of `image`. Entries in `changed` replace those of the image (None: the file was removed)."""
    counts: Counter[str] = Counter()
    problems = list(project_problems)
    if image is not None:
        known = zip(image.paths, image.languages, strict=True)
        counts.update(language for path, language in known if path not in changed)
        unchanged = ((path, found) for path, found in image.problems.items() if path not in changed)
        problems += [Skipped(path, problem) for path, found in unchanged for problem in found]
    for path, record in changed.items():
        if record is not None:
            counts[record.language] += 1
            problems += [Skipped(path, problem) for problem in record.problems]
    return BuildReport(
        dict(sorted(counts.items())),
        tuple(sorted(skipped, key=lambda skip: skip.path)),
        tuple(sorted(problems, key=lambda skip: skip.path)),
        seconds,
        unread,
    )
