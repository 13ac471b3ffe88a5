"""Outlines, holes and the sample layout: the training data has the format of the product."""

import random
from pathlib import Path

import pytest
from models.starter.corpus.projects import File, Project
from models.starter.samples.holes import editor_hole, random_hole, uses
from models.starter.samples.outline import declarations, outline
from models.starter.samples.rename import Vocabulary, draw_renaming, unchanged, vocabulary_of
from models.starter.samples.repeat import repeated

PYTHON = '''"""Shapes."""

import math

SIDES = 4


class Square(Shape):
    """A square."""

    def __init__(
        self,
        side: float,
    ) -> None:
        self.side = side

    def area(self) -> float:
        if self.side:
            return self.side**2
        return 0.0


def unit() -> Square:
    return Square(1.0)
'''


def test_an_outline_keeps_signatures() -> None:
    assert outline(PYTHON, "python", bodies=set()) == (
        "SIDES = 4\nclass Square(Shape):\n    def __init__(\n        self,\n        side: float,\n    ) -> None: ...\n"
        "    def area(self) -> float: ...\ndef unit() -> Square: ..."
    )


def test_an_outline_keeps_one_body_and_what_is_wanted() -> None:
    reduced = outline(PYTHON, "python", bodies={"area"}, wanted={"area"})
    assert reduced == (
        "class Square(Shape):\n    def area(self) -> float:\n        if self.side:\n"
        "            return self.side**2\n        return 0.0"
    )


@pytest.mark.parametrize(
    ("language", "text", "names"),
    [
        (
            "go",
            "type Store struct {\n\tpath string\n}\n\nfunc (s *Store) Open(path string) error {\n\treturn nil\n}\n",
            ["Store", "Open"],
        ),
        (
            "rust",
            "pub struct Args {\n    a: u8,\n}\n\nimpl Args {\n    pub fn new(a: u8) -> Self {\n        x\n    }\n}\n",
            ["Args", "Args", "new"],
        ),
        (
            "java",
            "public class App {\n    private int size(String text) {\n        return 1;\n    }\n}\n",
            ["App", "size"],
        ),
        (
            "typescript",
            "export interface A {\n  x: number;\n}\nexport async function load(a: A) {\n  return a;\n}\n",
            ["A", "load"],
        ),
        (
            "c",
            "struct list {\n    int n;\n};\nstatic int push(struct list *l)\n{\n    return 0;\n}\n",
            ["list", "push"],
        ),
    ],
)
def test_declarations(language: str, text: str, names: list[str]) -> None:
    assert [declaration.name for declaration in declarations(text, language)] == names


def test_braced_bodies_are_closed() -> None:
    text = "func Open(path string) error {\n\tif x {\n\t\treturn nil\n\t}\n\treturn err\n}\n"
    assert outline(text, "go", bodies=set()) == "func Open(path string) error { ... }"
    assert outline(text, "go", bodies={"Open"}) == text.rstrip("\n")


def test_uses_are_found_outside_imports() -> None:
    text = "from shapes import Square\n\nprint(Square(2))\n"
    assert uses(text, frozenset({"Square"})) == [text.rindex("Square")]


def test_editor_holes_stand_at_the_wanted_line_and_are_what_they_say() -> None:
    position = PYTHON.index("return Square(1.0)")
    seen = set()
    for seed in range(400):
        hole = editor_hole(PYTHON, [position], random.Random(seed))
        assert hole is not None and 0 <= hole.start <= hole.end <= len(PYTHON)
        middle = PYTHON[hole.start : hole.end]
        seen.add(hole.kind)
        if hole.kind in ("line", "line-rest"):
            assert "\n" not in middle
        if hole.kind in ("line", "statement", "block"):
            assert PYTHON[PYTHON.rfind("\n", 0, hole.start) + 1 : hole.start].strip() == ""
            assert hole.end == len(PYTHON) or PYTHON[hole.end] == "\n"
    assert seen == {"line", "line-rest", "statement", "block"}


def test_a_statement_hole_ends_where_its_brackets_do() -> None:
    text = "x = 1\ncall(\n    first,\n    second,\n)\ny = 2\n"
    for seed in range(200):
        hole = editor_hole(text, [text.index("call(")], random.Random(seed))
        if hole and hole.kind == "statement" and hole.start == text.index("call("):
            assert text[hole.start : hole.end] == "call(\n    first,\n    second,\n)"
            return
    pytest.fail("no statement hole was drawn at the line")


def test_random_holes_are_spans() -> None:
    for seed in range(50):
        hole = random_hole(PYTHON, random.Random(seed))
        assert 0 <= hole.start <= hole.end <= len(PYTHON)


def test_a_cross_file_sample_has_the_products_layout(tmp_path: Path) -> None:
    pytest.importorskip("tokenizers", reason="the recipe's tokenizer library is not installed: pip install tokenizers")
    from models.starter.samples.draw import ProjectSampler, Recipe
    from models.starter.tokenizer import BOS, EOS, FIM_BEGIN, FIM_END, FIM_HOLE, special_ids, train_tokenizer

    main = (
        "from shapes.square import Square, unit\n\n\n"
        "def total(count: int) -> float:\n    one = unit()\n    return count * one.area()\n"
    )
    files = (File("shapes/square.py", PYTHON, "python"), File("app.py", main, "python"))
    tokenizer = train_tokenizer([PYTHON, main], 320)
    ids = special_ids(tokenizer)
    sampler = ProjectSampler(
        Project("p", "python", files), tokenizer, Recipe(0, 1, 0), Vocabulary(frozenset(), ()), random.Random(1)
    )
    crossing = 0
    for _ in range(60):
        sample = sampler.draw(700)
        assert len(sample) <= 700 and sample[0] == ids[BOS] and sample[-1] == ids[EOS]
        order = [token for token in sample if token >= ids[BOS]]
        assert order == [ids[BOS], ids[FIM_BEGIN], ids[FIM_HOLE], ids[FIM_END], ids[EOS]]
        begin, hole, end = (sample.index(ids[name]) for name in (FIM_BEGIN, FIM_HOLE, FIM_END))
        head = tokenizer.decode(sample[1:begin])
        prefix, suffix, middle = (
            tokenizer.decode(part) for part in (sample[begin + 1 : hole], sample[hole + 1 : end], sample[end + 1 : -1])
        )
        if head.endswith("#app.py\n"):
            assert prefix + middle + suffix == main
            if head.startswith("#shapes/square.py\n"):
                crossing += 1
    assert crossing > 5


def test_a_renaming_keeps_together_what_belongs_together() -> None:
    vocabulary = Vocabulary(frozenset({"def", "self"}), ["lantern"])
    rename = draw_renaming(frozenset({"UserStore"}), vocabulary, random.Random(0))
    renamed = rename("class UserStore:\n    def user_id(self): return USER_STORE.users\n")
    exchanged = {word for word in ("user", "store") if word not in renamed.lower()}
    assert exchanged
    if "user" in exchanged:
        assert "lantern_id(self)" in renamed and "class Lantern" in renamed and "LANTERN_" in renamed
    assert "def " in renamed and "self" in renamed


def test_common_words_are_never_exchanged() -> None:
    vocabulary = Vocabulary(frozenset({"user", "store"}), ["lantern"])
    assert draw_renaming(frozenset({"UserStore"}), vocabulary, random.Random(0)) is unchanged


def test_common_words_are_those_of_many_files() -> None:
    files = tuple(File(f"f{n}.py", f"import only{chr(97 + n)}\nimport every\n", "python") for n in range(20))
    vocabulary = vocabulary_of([Project("p", "python", files)], random.Random(0))
    assert {"import", "every"} <= vocabulary.common and "onlyc" in vocabulary.rare and "every" not in vocabulary.rare


def test_repeated_text_comes_again() -> None:
    for seed in range(20):
        text = repeated(PYTHON, lambda: unchanged, 200, random.Random(seed))
        words = text.split()
        assert len(words) > 1 and max(map(words.count, words)) >= 2


def test_too_long_a_prompt_loses_context_first_and_keeps_its_middle() -> None:
    pytest.importorskip("tokenizers", reason="the recipe's tokenizer library is not installed: pip install tokenizers")
    from models.starter.samples.layout import Specials, file_text, infilling_ids
    from models.starter.tokenizer import train_tokenizer

    tokenizer = train_tokenizer([PYTHON], 320)
    specials = Specials.of(tokenizer)
    context = [file_text("far.py", "x = 1\n" * 50), file_text("near.py", "y = 2\n")]
    sample = infilling_ids(tokenizer, specials, context, "a.py", PYTHON, PYTHON, "return 0.0", 300)
    text = tokenizer.decode(sample)
    assert len(sample) <= 300
    assert "#near.py" in text and "#far.py" not in text
    assert sample[sample.index(specials.end) + 1 :] == [*tokenizer.encode("return 0.0").ids, specials.eos]
    assert infilling_ids(tokenizer, specials, [], "a.py", "", "", PYTHON, 60) == []
