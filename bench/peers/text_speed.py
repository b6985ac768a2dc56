"""sentence-transformers with MiniLM on real titles, for `skua-bench text-speed`.

    python bench/peers/text_speed.py DATA FOLDER [COUNT]

FOLDER gets strings.bin (as tokeniser.py's), vectors.bin (f32 [count, 384]) and speed.txt: texts a
second by the clock and by processor time, two threads, PyTorch f32, batches of 64 sorted by length
(sentence-transformers' own way). On a machine that does other work too, processor time compares."""
import os
import random
import struct
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import pandas as pd
import torch
from sentence_transformers import SentenceTransformer

import minilm


def main():
    data, folder = Path(sys.argv[1]), Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    folder.mkdir(parents=True, exist_ok=True)
    texts = pd.read_csv(data / "fashion_images/styles_15000.csv").productDisplayName.dropna().tolist()
    wish = pd.read_csv(next((data / "wish_summer").glob("*.csv")))
    texts += wish.title_orig.dropna().tolist()
    random.Random(1).shuffle(texts)
    texts = texts[:count]
    with open(folder / "strings.bin", "wb") as out:
        out.write(struct.pack("<I", len(texts)))
        for text in texts:
            raw = text.encode()
            out.write(struct.pack("<I", len(raw)) + raw)
    torch.set_num_threads(2)
    model = SentenceTransformer(str(minilm.folder()), device="cpu")
    model.encode(texts[:256], batch_size=64, show_progress_bar=False)
    clock, processor = time.perf_counter(), time.process_time()
    vectors = model.encode(texts, batch_size=64, show_progress_bar=False)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    (folder / "vectors.bin").write_bytes(vectors.astype("<f4").tobytes())
    (folder / "speed.txt").write_text(f"{len(texts) / clock} {len(texts) / processor}\n")
    print(f"{len(texts)} texts: {len(texts) / clock:.0f} a second, {len(texts) / processor:.0f} a second of processor time")


main()
