"""`python -m models.starter adopt`: a GGUF file of ours to WORK/tokenizer-N.json and a run's checkpoint.pt, from which
`train` goes on where the run that made the file is lost."""

from pathlib import Path

from models.starter.config import Config
from models.starter.export.from_gguf import read_gguf
from models.starter.training.network import Network, Shape
from models.starter.training.optimizers import make_optimizers
from models.starter.training.train import save_checkpoint


def adopt(config: Config, gguf: Path, work: Path, folder: Path) -> dict[str, object]:
    """Write both files and return what was read. Raises FileExistsError where the run has a checkpoint already, and
    ValueError where the file's shape or age is not the config's."""
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        raise FileExistsError(f"{checkpoint} exists: `train` goes on from there; remove it to begin again")
    shape = Shape(vocabulary=config.vocabulary, **config.shape)
    adopted = read_gguf(gguf, shape)
    step = adopted.tokens_seen // (config.training.batch_rows * config.samples.length)
    if step != config.training.starts_at:
        raise ValueError(f"{gguf} is at step {step}, {config.name} starts at {config.training.starts_at}")
    network = Network(shape)
    network.load_state_dict(adopted.weights)
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(checkpoint, network, make_optimizers(network, config.training), step)
    tokenizer = work / f"tokenizer-{config.vocabulary}.json"
    adopted.tokenizer.save(str(tokenizer))
    return {"checkpoint": checkpoint, "tokenizer": tokenizer, "step": step}
