"""Compare scanners of secrets: recall and precision on placements, findings and time on real code.

    pip install detect-secrets credsweeper
    python -m tests.benchmarks.secrets.measure FOLDER...

A scanner that is not installed is left out. `--print` lists what ours finds in the folders, to be judged by eye;
`--missed` lists the placements that it does not find, of the development half alone; `--against CHECKOUT` also measures
the scanner of another checkout of this project, and what a keystroke costs with either, in one run.
"""

from __future__ import annotations

import argparse
import importlib
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.benchmarks.secrets.innocents import innocents
from tests.benchmarks.secrets.placements import HALVES, Placement, placements

Spans = list[tuple[int, int]]
Scanner = Callable[[Sequence[Path]], list[Spans]]
SUFFIXES = frozenset(
    (".py", ".ts", ".tsx", ".js", ".jsx", ".go", ".rs", ".java", ".cs", ".c", ".h", ".cc", ".cpp", ".hpp")
)
ENOUGH = 0.9  # of the characters of a secret; other scanners report it with or without an escape or a line end
MAX_BYTES = 1_000_000  # larger files are not read for context


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--print", action="store_true", dest="is_printed")
    parser.add_argument("--missed", action="store_true")
    parser.add_argument("--against", type=Path)
    parser.add_argument("--most-files", type=int, default=sys.maxsize, help="a random choice of this number of files")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    files = _files(options.folders, options.most_files)
    scanners = dict(_scanners(options.against))
    for half in HALVES:
        _print(f"\n{half} half, seed {options.seed}")
        for name, scan in scanners.items():
            _on_placements(name, scan, half, options.seed, options.missed and name == "ours" and half == HALVES[0])
    if files:
        lines = sum(file.read_text("utf-8", "replace").count("\n") for file in files)
        _print(f"\nreal code, {lines} lines in {len(files)} files")
        for name, scan in scanners.items():
            start = time.perf_counter()
            found = scan(files)
            spent = time.perf_counter() - start
            count = sum(map(len, found))
            rate = count / lines * 100_000
            _print(f"{name:16} {count:6} findings, {rate:6.1f} in 100,000 lines, {spent / lines * 1e6:8.2f} us a line")
            if options.is_printed and name == "ours":
                _print_found(files, found)
    if options.against and files:
        _keystrokes(options.against, files)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _on_placements(name: str, scan: Scanner, half: str, seed: int, is_listed: bool) -> None:
    placed = list(placements(half, seed))
    harmless = list(innocents(half, seed))
    with tempfile.TemporaryDirectory() as folder:
        texts = [(one.path, one.text) for one in placed] + harmless
        paths = [_written(Path(folder) / str(number), *each) for number, each in enumerate(texts)]
        found = scan(paths)
    total, right = Counter[str](), Counter[str]()
    wrong = sum(bool(spans) for spans in found[len(placed) :])
    for one, spans in zip(placed, found, strict=False):
        is_found = _covers(spans, one)
        total[one.kind] += 1
        right[one.kind] += is_found
        wrong += any(not _touches(span, one) for span in spans)
        if is_listed and not is_found:
            _print(f"    {one.kind} {one.form} {one.text[:160]!r}")
    recall = sum(right.values()) / sum(total.values())
    precision = sum(right.values()) / max(1, sum(right.values()) + wrong)
    kinds = ", ".join(f"{kind} {right[kind]}/{total[kind]}" for kind in total)
    _print(f"{name:16} recall {recall:.3f}, precision {precision:.3f}  ({kinds})")


def _covers(spans: Spans, placed: Placement) -> bool:
    hidden = {place for start, end in spans for place in range(start, end)}
    return all(sum(place in hidden for place in range(*span)) >= ENOUGH * (span[1] - span[0]) for span in placed.spans)


def _touches(span: tuple[int, int], placed: Placement) -> bool:
    return any(span[0] < end and start < span[1] for start, end in placed.spans)


def _written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir()
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _files(folders: Sequence[Path], most: int) -> list[Path]:
    found = [
        file
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.suffix in SUFFIXES and file.is_file() and not {".git", "node_modules"} & set(file.parts)
    ]
    found = [file for file in found if file.stat().st_size <= MAX_BYTES]
    random.Random(1).shuffle(found)
    return found[:most]


def _print_found(files: Sequence[Path], found: Sequence[Spans]) -> None:
    for file, spans in zip(files, found, strict=True):
        text = file.read_text("utf-8", "replace")
        for start, end in spans:
            line = text.rfind("\n", 0, start) + 1
            _print(f"    {file}:{text.count(chr(10), 0, start) + 1}: {text[line:end][:200]!r}")


# --- scanners ---


def _scanners(against: Path | None) -> Iterator[tuple[str, Scanner]]:
    root = Path(__file__).parents[3]
    if against:
        yield "ours, before", _ours(against)
    yield "ours", _ours(root)
    for name, scanner in (("detect-secrets", _detect_secrets), ("credsweeper", _credsweeper)):
        try:
            yield name, scanner()
        except ImportError:
            _print(f"{name} is not installed")


def _module(checkout: Path, name: str) -> object:
    """Import a module of this project from a checkout, even if another version is loaded."""
    for loaded in [each for each in sys.modules if each.partition(".")[0] == "dovetail_context"]:
        del sys.modules[loaded]
    sys.path.insert(0, str(checkout / "context"))
    try:
        return importlib.import_module(f"dovetail_context.workspace.{name}")
    finally:
        sys.path.pop(0)


def _ours(checkout: Path) -> Scanner:
    find = _module(checkout, "secrets.find").find_secrets  # type: ignore[attr-defined]

    def scan(files: Sequence[Path]) -> list[Spans]:
        return [[(each.start, each.end) for each in find(_text(file))] for file in files]

    return scan


def _text(file: Path) -> str:
    return file.read_bytes().decode("utf-8", "replace")


def _detect_secrets() -> Scanner:
    from detect_secrets import SecretsCollection
    from detect_secrets.settings import default_settings

    def scan(files: Sequence[Path]) -> list[Spans]:
        found = []
        with default_settings():
            for file in files:
                collection = SecretsCollection()
                collection.scan_file(str(file))
                lines = _line_starts(_text(file))
                secrets = [secret for _, secret in collection]
                found.append(_located(_text(file), lines, ((one.line_number, one.secret_value) for one in secrets)))
        return found

    return scan


def _credsweeper() -> Scanner:
    from credsweeper.app import CredSweeper
    from credsweeper.file_handler.files_provider import FilesProvider

    def scan(files: Sequence[Path]) -> list[Spans]:
        sweeper = CredSweeper()
        sweeper.run(content_provider=FilesProvider([str(file) for file in files]))
        by_path: dict[str, list[tuple[int, str]]] = {}
        for candidate in sweeper.credential_manager.get_credentials():
            for data in candidate.line_data_list:
                by_path.setdefault(str(data.path), []).append((data.line_num, data.value))
        texts = (_text(file) for file in files)
        return [
            _located(text, _line_starts(text), by_path.get(str(f), ())) for f, text in zip(files, texts, strict=True)
        ]

    return scan


def _line_starts(text: str) -> list[int]:
    return [0, *(place + 1 for place, each in enumerate(text) if each == "\n")]


def _located(text: str, lines: list[int], found: Iterator[tuple[int, str]] | Sequence[tuple[int, str]]) -> Spans:
    """Return the spans of values for which only the line is known."""
    spans = set()
    for number, value in found:
        start = text.find(value, lines[min(max(number, 1), len(lines)) - 1]) if value else -1
        if start >= 0:
            spans.add((start, start + len(value)))
    return sorted(spans)


def _keystrokes(against: Path, files: Sequence[Path]) -> None:
    _print("\na keystroke, in ms (eight letters typed at a random place of each file)")
    kinds = {"before": _module(against, "secrets.redaction").Redaction}  # type: ignore[attr-defined]
    kinds["now"] = _module(Path(__file__).parents[3], "secrets.redaction").Redaction  # type: ignore[attr-defined]
    texts = [_text(file) for file in files]
    for low, high in ((3_000, 10_000), (10_000, 40_000), (40_000, 130_000), (130_000, MAX_BYTES)):
        some = [text for text in texts if low <= len(text) < high][:60]
        spent = dict.fromkeys(kinds, 0.0)
        rng = random.Random(4)
        for text in some:
            place = rng.randrange(len(text))
            states = {name: kind.of(text) for name, kind in kinds.items()}
            for count in range(1, 9):
                typed = text[:place] + "abcdefgh"[:count] + text[place:]
                for name in kinds:
                    start = time.perf_counter()
                    states[name] = states[name].followed_by(typed)
                    spent[name] += time.perf_counter() - start
        if some:
            each = ", ".join(f"{name} {total / len(some) / 8 * 1e3:.3f}" for name, total in spent.items())
            _print(f"{low:7} to {high:7} characters, {len(some)} files: {each}")


if __name__ == "__main__":
    main()
