"""`python -m models.starter export`: a run's checkpoint.pt to model-f32.gguf beside it."""

import hashlib
from pathlib import Path

import torch
from models.starter.config import Config
from models.starter.corpus.fetch import MANIFEST
from models.starter.export.to_gguf import Provenance, write_gguf
from models.starter.tokenizer import load_tokenizer
from models.starter.training.network import Shape

DESCRIPTION = (
    "Dovetail's starter model: fill-in-the-middle and cross-file context by DeepSeek-Coder's recipe in miniature"
)


def export_checkpoint(config: Config, work: Path, folder: Path, manifest: Path = MANIFEST) -> dict[str, object]:
    """Write the exact file; return what it is."""
    state = torch.load(folder / "checkpoint.pt", weights_only=True, map_location="cpu")
    tokens = state["step"] * config.training.batch_rows * config.samples.length
    shape = Shape(vocabulary=config.vocabulary, **config.shape)
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    provenance = Provenance("dovetail-starter", f"{config.name}-{state['step']}", DESCRIPTION, digest, tokens)
    path = folder / "model-f32.gguf"
    write_gguf(state["weights"], shape, load_tokenizer(work / f"tokenizer-{config.vocabulary}.json"), provenance, path)
    embedding, rest = shape.parameters()
    return {
        "path": path,
        "bytes": path.stat().st_size,
        "step": state["step"],
        "tokens": tokens,
        "parameters": embedding + rest,
        "in_embedding": embedding,
    }
