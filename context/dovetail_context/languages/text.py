"""Text without a grammar as a `Language`: its files count by their words, and windows of them are shown.

Which files those are is judged by name alone: everything with a suffix that is not one of data, pictures or programs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dovetail_context.languages.generic.extract import plain_record
from dovetail_context.languages.language import CursorView, ImportResolver, TypeRules
from dovetail_context.languages.plain import plain_cursor
from dovetail_context.records.record import FileRecord, Symbol
from dovetail_context.syntax import Grammar
from dovetail_context.workspace.manifest import ProjectText

MAX_TEXT_CHARS = 100_000  # a longer file without a grammar is data, or a book
MAX_SUFFIX_CHARS = 12  # a longer "suffix" is part of a name

# Suffixes of what nobody completes: data, output of tools, documents of other programs, pictures, programs.
_NO_TEXT = frozenset(
    """
    json jsonl ndjson json5 geojson ipynb csv tsv psv parquet arrow feather avro orc hdf5 h5 npy npz pkl pickle mat rds
    log lock map snap sum patch diff rej orig bak old tmp temp swp swo dump out trace prof coverage lcov gcov gcda
    svg png jpg jpeg gif bmp ico icns webp tif tiff psd ai eps heic avif mp3 mp4 wav flac ogg avi mov mkv webm m4a
    ttf otf woff woff2 eot pdf doc docx xls xlsx ppt pptx odt ods odp rtf epub mobi
    zip gz tgz bz2 xz zst 7z rar tar jar war ear whl egg gem deb rpm apk ipa dmg iso img
    exe dll so dylib a o obj lib pdb ilk exp bin dat data db sqlite sqlite3 mdb class pyc pyo pyd wasm beam hi
    pt pth onnx gguf safetensors ckpt tflite model vec bpe spm
    pem key crt cer der p12 pfx csr gpg asc sig po mo pot xlf xliff resx strings storyboard xib pbxproj plist
    """.split()  # noqa: SIM905 - a list of one-word strings fills a screen
)
# Files that are known by their whole name.
_NAMES = frozenset(
    "makefile gnumakefile dockerfile containerfile jenkinsfile justfile procfile vagrantfile brewfile caddyfile".split()  # noqa: SIM905
)

_RULES = TypeRules(open_members=True)


def is_text_name(path: str) -> bool:
    """Whether a file of this name holds text that people write."""
    name = path.rpartition("/")[2].lower()
    if name.startswith("."):  # settings of tools; `.dovetail.toml` would show the model what an untrusted project asks
        return False
    stem, dot, suffix = name.rpartition(".")
    if not dot or not stem:
        return name in _NAMES
    return suffix.isalnum() and len(suffix) <= MAX_SUFFIX_CHARS and not suffix.isdigit() and suffix not in _NO_TEXT


class NoImports:
    """The resolver of a language without imports (see `ImportResolver`)."""

    def sources(self, module: str, from_path: str) -> tuple[str, ...]:
        return ()

    def is_package(self, module: str, from_path: str) -> bool:
        return False

    def submodule(self, module: str, name: str) -> str:
        return ""

    def ambient(self, from_path: str) -> tuple[str, ...]:
        return ()

    def companions(self, path: str) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Text:
    """Text of any kind (see `languages/language.py` for what each member promises)."""

    name: str = "text"
    suffixes: tuple[str, ...] = (".txt", ".md")
    project_files: tuple[str, ...] = ()
    rules: TypeRules = _RULES

    def grammar(self, path: str) -> Grammar | None:
        return None

    def extract(self, path: str, text: str) -> FileRecord:
        return plain_record(self.name, path, text)

    def read_project(self, path: str, text: str) -> ProjectText:
        return ProjectText("")

    def resolver(self, paths: Mapping[str, tuple[str, ...]], projects: Mapping[str, str]) -> ImportResolver:
        return NoImports()

    def cursor(self, text: str, offset: int) -> CursorView:
        return plain_cursor(text, offset)

    def repaired(self, text: str, offset: int) -> str:
        return text

    def outline(self, header: Symbol, members: Sequence[str]) -> str:
        return "\n".join((header.signature, *members))

    def reduced(self, symbol: Symbol) -> str:
        return symbol.signature

    def brief(self, symbol: Symbol) -> str:
        return ""


TEXT = Text()
