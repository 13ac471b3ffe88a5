"""Settings: layers over each other, and one clear line for each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from dovetail import settings
from dovetail.settings import Settings, SettingsError, load_settings, settings_table


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setattr(settings, "user_config_path", lambda: path)
    return path


def test_later_layers_win_over_the_users_file_over_the_defaults(user_file: Path) -> None:
    assert load_settings() == Settings()
    user_file.write_text("max_tokens = 32\nthreads = 3\n")
    assert load_settings(("the editor", {"max_tokens": 16})) == Settings(max_tokens=16, threads=3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_tokens = 'many'", "max_tokens must be a whole number, not 'many'"),
        ("max_tokens = true", "max_tokens must be a whole number, not True"),
        ("model = 7", "model must be a text, not 7"),
        ("max_tokens = 0", "max_tokens must be at least 1, not 0"),
        ("kv_type = 'q2_K'", "kv_type must be one of auto, f16, q8_0, not 'q2_K'"),
        ("colour = 'red'", "there is no option 'colour'"),
        ("max_tokens = ", "cannot be read"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_place(user_file: Path, text: str, message: str) -> None:
    user_file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(user_file) in str(caught.value) and message in str(caught.value) and "\n" not in str(caught.value)


def test_a_byte_order_mark_is_no_mistake(user_file: Path) -> None:
    user_file.write_text("max_tokens = 32\n", encoding="utf-8-sig")
    assert load_settings().max_tokens == 32


@pytest.mark.parametrize(
    ("text", "settings", "count"),
    [
        ("colour = 1\nmax_tokens = 32\nthreads = -5\n", Settings(max_tokens=32), 2),
        (f"threads = {'1' * 5000}\n", Settings(), 1),
        (f"threads = {'[' * 3000}\n", Settings(), 1),
        ("\xff", Settings(), 1),
    ],
)
def test_each_mistake_is_reported_and_the_rest_holds(
    user_file: Path, text: str, settings: Settings, count: int
) -> None:
    user_file.write_bytes(text.encode("latin-1"))
    problems: list[str] = []
    assert load_settings(on_problem=lambda problem: problems.append(str(problem))) == settings
    assert len(problems) == count and not any("\n" in problem or len(problem) > 600 for problem in problems)


def test_the_settings_page_lists_every_option(repository: Path) -> None:
    assert settings_table() in (repository / "docs" / "settings.md").read_text(encoding="utf-8")


def test_a_model_file_is_named_as_seen_from_the_users_file(user_file: Path) -> None:
    user_file.write_text("model = 'models/mine.gguf'\n")
    assert Path(load_settings().model) == user_file.parent / "models" / "mine.gguf"
