"""Drawing training samples from a project: what kind, which file, which context, which hole. Deterministic for a
given random state.

Four kinds, by the shares of a `Recipe`:
 - repository: consecutive files in dependency order, whole, half of them with a random hole (the paper's pre-training
 form);
 - cross-file: the current file behind what it imports, reduced, with an editor's hole at a line that uses an imported
 symbol;
 - single: one file with an editor's hole and no context;
 - repeat: text that comes again, which teaches looking back.

In a share of the cross-file samples the project's own words are exchanged (rename.py).
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.starter.corpus.order import import_graph
from models.starter.corpus.projects import File, Project
from models.starter.samples.holes import Hole, editor_hole, random_hole, uses
from models.starter.samples.layout import Specials, file_text, infilling_ids
from models.starter.samples.outline import declarations, outline
from models.starter.samples.rename import Vocabulary, draw_renaming, unchanged
from models.starter.samples.repeat import repeated
from tokenizers import Tokenizer

FIM_RATE = 0.5  # the paper's, for repository samples
_NAME = re.compile(r"\w+")
_NEAR = 400  # characters around the hole whose symbols decide which bodies are shown


@dataclass(frozen=True, slots=True)
class Recipe:
    """Shares of the kinds of samples; they are normalized. `repository_level` false gives the paper's ablation: no
    file sees another."""

    repository: float = 0.3
    cross_file: float = 0.45
    single: float = 0.25
    repeat: float = 0.0
    renamed: float = 0.0  # of the cross-file samples
    repository_level: bool = True


class ProjectSampler:
    """Draws samples of one project."""

    def __init__(
        self, project: Project, tokenizer: Tokenizer, recipe: Recipe, vocabulary: Vocabulary, rng: random.Random
    ) -> None:
        self._vocabulary = vocabulary
        self._project, self._tokenizer, self._recipe, self._rng = project, tokenizer, recipe, rng
        self._specials = Specials.of(tokenizer)
        self._files: Mapping[str, File] = {file.path: file for file in project.files}
        self._imports: Mapping[str, Sequence[str]] = import_graph(project.files)
        self._symbols: dict[str, frozenset[str]] = {}
        self._next_file = 0

    def draw(self, budget: int) -> list[int]:
        """Token ids of one sample of at most `budget` tokens, begun with BOS; an empty list where this draw came to
        nothing."""
        recipe = self._recipe
        kind = self._rng.choices(
            ("repository", "cross-file", "single", "repeat"),
            (recipe.repository, recipe.cross_file, recipe.single, recipe.repeat),
        )[0]
        if kind == "repository":
            return self._repository(budget)
        file = self._rng.choice(self._project.files)
        if kind == "repeat":
            return self._repeat(file, budget)
        if kind == "cross-file" and recipe.repository_level and self._imports[file.path]:
            return self._cross_file(file, budget)
        return self._infilling(file, [], editor_hole(file.text, (), self._rng), budget)

    def _repository(self, budget: int) -> list[int]:
        """Files from where the last sample of this kind ended; a new document for each where files are to see only
        themselves."""
        ids = [self._specials.bos]
        while len(ids) < budget:
            file = self._project.files[self._next_file % len(self._project.files)]
            self._next_file += 1
            if self._rng.random() < FIM_RATE:
                room = min(budget - len(ids), budget // 2 if self._recipe.repository_level else budget)
                sample = self._infilling(file, [], random_hole(file.text, self._rng), room)[1:]
            else:
                # A long file is read from somewhere on, or its end would never be learned.
                lines = file.text[: budget * 40].split("\n")
                first = (
                    self._rng.randrange(len(lines)) if len(file.text) > budget * 5 and self._rng.random() < 0.7 else 0
                )
                encoded = self._tokenizer.encode(
                    file_text(file.path, "\n".join(lines[first:])[: budget * 5]), add_special_tokens=False
                )
                sample = encoded.ids[: budget - len(ids)]
                if not self._recipe.repository_level:
                    sample = [*sample[: budget - len(ids) - 1], self._specials.eos]
            if not sample:
                break
            ids += sample
            if not self._recipe.repository_level:
                break
        return ids if len(ids) > 1 else []

    def _repeat(self, file: File, budget: int) -> list[int]:
        text = repeated(
            file.text, lambda: draw_renaming(self._defined(file), self._vocabulary, self._rng), budget, self._rng
        )
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return [self._specials.bos, *ids[: budget - 2], self._specials.eos]

    def _cross_file(self, file: File, budget: int) -> list[int]:
        imported = [self._files[path] for path in self._imports[file.path]]
        if len(imported) > 12:
            imported = self._rng.sample(imported, 12)
        symbols = frozenset().union(*(self._defined(other) for other in imported))
        if self._rng.random() < self._recipe.renamed:
            rename = draw_renaming(symbols & set(_NAME.findall(file.text)), self._vocabulary, self._rng)
            file, *imported = (File(rename(one.path), rename(one.text), one.language) for one in (file, *imported))
        else:
            rename = unchanged
        hole = editor_hole(file.text, uses(file.text, frozenset(map(rename, symbols))), self._rng)
        if hole is None:
            return []
        around = set(_NAME.findall(file.text[max(0, hole.start - _NEAR) : hole.end + _NEAR // 2]))
        everywhere = set(_NAME.findall(file.text))
        shown = (self._reduced(other, around, everywhere) for other in imported)
        return self._infilling(file, [text for text in shown if text], hole, budget)

    def _reduced(self, file: File, around: set[str], everywhere: set[str]) -> str:
        """The imported file as the product would show it: mostly its outline or the wanted parts of it, now and then
        whole."""
        draw = self._rng.random()
        if draw < 0.1 and len(file.text) < 3000:
            return file_text(file.path, file.text)
        defined = _names(file)
        wanted = None if draw < 0.35 else (defined & around if draw < 0.6 else defined & everywhere)
        bodies = (
            set(self._rng.sample(sorted(defined & around), min(1, len(defined & around))))
            if self._rng.random() < 0.3
            else set()
        )
        code = outline(file.text, file.language, bodies, wanted)
        return file_text(file.path, code) if code.strip() else ""

    def _infilling(self, file: File, context: list[str], hole: Hole | None, budget: int) -> list[int]:
        if hole is None:
            return []
        text = file.text
        return infilling_ids(
            self._tokenizer,
            self._specials,
            context,
            file.path,
            text[: hole.start],
            text[hole.end :],
            text[hole.start : hole.end],
            budget,
        )

    def _defined(self, file: File) -> frozenset[str]:
        if file.path not in self._symbols:
            self._symbols[file.path] = _names(file)
        return self._symbols[file.path]


def _names(file: File) -> frozenset[str]:
    return frozenset(
        found.name
        for found in declarations(file.text, file.language)
        if len(found.name) > 2 and not found.name.startswith("__")
    )
