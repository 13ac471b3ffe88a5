"""What leaves the training: pieces that travel, and the picture of the loss."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from models.starter.export.pieces import cut, join
from models.starter.training.curve import draw_curve


def test_pieces_give_the_whole_again(tmp_path: Path) -> None:
    whole = tmp_path / "checkpoint.pt"
    whole.write_bytes(bytes(range(256)) * 40)
    pieces = cut(whole, tmp_path / "pieces", piece_bytes=4000)
    assert [piece.stat().st_size for piece in pieces] == [4000, 4000, 2240]
    assert join(tmp_path / "pieces", "checkpoint.pt", tmp_path / "again.pt").read_bytes() == whole.read_bytes()


def test_a_missing_piece_is_noticed(tmp_path: Path) -> None:
    whole = tmp_path / "checkpoint.pt"
    whole.write_bytes(b"0123456789")
    cut(whole, tmp_path / "pieces", piece_bytes=4)[1].unlink()
    with pytest.raises(ValueError, match="fetch them again"):
        join(tmp_path / "pieces", "checkpoint.pt", tmp_path / "again.pt")
    assert not (tmp_path / "again.pt").exists()


def test_the_curve_shows_every_point_once(tmp_path: Path) -> None:
    losses = tmp_path / "loss.csv"
    losses.write_text("10,5.0,,1.0,100\n20,4.0,4.1,1.0,100\n20,3.9,4.0,1.0,100\n")
    draw_curve(losses, tmp_path / "loss.svg", "a run", tokens_per_step=1000)
    picture = ET.parse(tmp_path / "loss.svg").getroot()
    tag = "{http://www.w3.org/2000/svg}"
    (line,) = picture.iter(f"{tag}polyline")
    assert len(line.get("points", "").split()) == 2
    assert len(list(picture.iter(f"{tag}circle"))) == 1


def test_an_empty_log_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "loss.csv").write_text("")
    with pytest.raises(ValueError, match="no losses"):
        draw_curve(tmp_path / "loss.csv", tmp_path / "loss.svg", "", 1)
