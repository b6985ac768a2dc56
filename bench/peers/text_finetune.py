"""Fine-tuning of MiniLM on demand classes: `skua train-text` beside PyTorch with transformers.

    python bench/peers/text_finetune.py DATA FOLDER SKUA [THREADS] [SETS] [SEEDS]

Sets (wish,taobao): a product's title, and what it sold, in three classes cut by skua at quantiles of
the training part. Seeds (1,2,3,4,5): of the split (70 % training, 15 % dev, 15 % test, products
whole) and of everything random in both programs. Both: the whole encoder and a new head on its
pooler, AdamW 2e-5 (weight decay .01 on matrices, gradients clipped at norm 1), batches of 16 filled
up to the longest text, 128 tokens at most, dropout .1, five epochs; the last epoch's model is tested.

TEXT_ROWS=400 TEXT_EPOCHS=1 in the environment: a short run on that many products, to see that all
of it works; its lines have a file of their own, and what is printed says that it is short.

FOLDER/results.tsv gets a line a set and seed as they come; those that are there are not run again.
Prints the lines of figure text-finetune: macro F1 of the peer less that of skua, mean over what was
run."""
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import pandas as pd
import torch
from sklearn.metrics import f1_score
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import minilm

BATCH, LENGTH, RATE, DECAY = 16, 128, 2e-5, 0.01
EPOCHS, ROWS = int(os.environ.get("TEXT_EPOCHS", 5)), int(os.environ.get("TEXT_ROWS", 0))


def wish(data):
    t = pd.read_csv(next((data / "wish_summer").glob("*.csv"))).drop_duplicates("product_id")
    return pd.DataFrame({"text": t.title_orig, "units": t.units_sold})


def taobao(data):
    """A product's sales a day: rises of its running count; falls are clipped at 0."""
    t = pd.read_csv(data / "taobao_beauty/double11_beauty_utf8.csv.gz")
    t["day"] = pd.to_datetime(t.update_time)
    t = t.sort_values(["id", "day"])
    t["rise"] = t.groupby("id").sale_count.diff().clip(lower=0)
    g = t.groupby("id").agg(text=("title", "first"), sold=("rise", "sum"), first=("day", "min"), last=("day", "max"))
    days = (g["last"] - g["first"]).dt.days
    g = g[days > 0]
    return pd.DataFrame({"text": g.text, "units": (g.sold / days[days > 0]).round(4)})


def split(table, seed):
    order = np.random.default_rng(seed).permutation(len(table))
    part = np.empty(len(table), dtype=object)
    n = len(table)
    part[order] = np.where(np.arange(n) < 0.7 * n, "train", np.where(np.arange(n) < 0.85 * n, "dev", "test"))
    return table.assign(part=part)


def ours(skua, csv, folder, seed, threads):
    out = folder / f"model-{seed}{ROWS}{EPOCHS}"  # a checkpoint of another run is not gone on with
    shutil.rmtree(out, ignore_errors=True)
    begun = time.perf_counter()
    done = subprocess.run([skua, "train-text", csv, "--encoder", minilm.folder(), "--label", "units", "--task", "demand",
                           "--bins", "3", "--split", "part", "--epochs", str(EPOCHS), "--seed", str(seed), "--threads", str(threads),
                           "-o", out, "--json", "-q"], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    shutil.rmtree(out)
    return json.loads(done.stdout), seconds


def theirs(table, edges, seed, threads):
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    tokeniser = AutoTokenizer.from_pretrained(minilm.folder())
    model = AutoModelForSequenceClassification.from_pretrained(minilm.folder(), num_labels=len(edges) + 1)
    y = np.searchsorted(edges, table.units.to_numpy(), side="left")
    texts, part = table.text.tolist(), table.part.to_numpy()

    def batch(rows):
        return tokeniser([texts[i] for i in rows], truncation=True, max_length=LENGTH, padding=True, return_tensors="pt")

    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    optimiser = torch.optim.AdamW([{"params": matrices, "weight_decay": DECAY}, {"params": vectors, "weight_decay": 0}], lr=RATE)
    train, losses = np.flatnonzero(part == "train"), []
    begun = time.perf_counter()
    for epoch in range(EPOCHS):
        model.train()
        order, total = np.random.default_rng([seed, epoch]).permutation(train), 0
        for at in range(0, len(order), BATCH):
            rows = order[at:at + BATCH]
            loss = torch.nn.functional.cross_entropy(model(**batch(rows)).logits, torch.tensor(y[rows]))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            total += loss.item() * len(rows)
        losses.append(total / len(train))
    seconds = time.perf_counter() - begun
    model.eval()
    test = np.flatnonzero(part == "test")
    with torch.no_grad():
        guess = np.concatenate([model(**batch(test[at:at + 64])).logits.argmax(1).numpy() for at in range(0, len(test), 64)])
    most = np.bincount(y[train]).argmax()
    return f1_score(y[test], guess, average="macro"), f1_score(y[test], np.full(len(test), most), average="macro", zero_division=0), losses, seconds


def main():
    data, folder, skua = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    threads = int(sys.argv[4]) if len(sys.argv) > 4 else 2
    sets = sys.argv[5].split(",") if len(sys.argv) > 5 else ["wish", "taobao"]
    seeds = [int(s) for s in (sys.argv[6] if len(sys.argv) > 6 else "1,2,3,4,5").split(",")]
    folder.mkdir(parents=True, exist_ok=True)
    short = f"short-{ROWS}-{EPOCHS}" if ROWS or EPOCHS != 5 else ""
    results = folder / (f"results-{short}.tsv" if short else "results.tsv")
    done = {tuple(line.split("\t")[:2]): line.split("\t") for line in results.read_text().splitlines()} if results.exists() else {}
    for name in sets:
        whole = {"wish": wish, "taobao": taobao}[name](data)
        for seed in seeds:
            if (name, str(seed)) in done:
                continue
            table = split(whole.sample(ROWS, random_state=seed) if ROWS else whole, seed)
            csv = folder / f"{name}-{seed}{short}.csv"
            table.to_csv(csv, index=False)
            report, seconds = ours(skua, csv, folder, seed, threads)
            peer, constant, losses, peer_seconds = theirs(table, report["edges"], seed, threads)
            row = [name, str(seed), f"{report['test']['macro']['f1']:.4f}", f"{peer:.4f}", f"{constant:.4f}", f"{seconds:.0f}", f"{peer_seconds:.0f}",
                   " ".join(f"{e['loss']:.4f}" for e in report["epochs"]), " ".join(f"{x:.4f}" for x in losses)]
            print(name, "seed", seed, "skua F1", row[2], "in", row[5], "s, peer F1", row[3], "in", row[6], "s; largest class", row[4], file=sys.stderr)
            print("  losses of skua", row[7], "of the peer", row[8], file=sys.stderr)
            done[name, str(seed)] = row
            with open(results, "a") as out:
                out.write("\t".join(row) + "\n")
    rows = [done[name, str(seed)] for name in sets for seed in seeds if (name, str(seed)) in done]
    f1 = np.array([[float(r[2]), float(r[3]), float(r[4])] for r in rows])
    speed = sum(float(r[6]) for r in rows) / sum(float(r[5]) for r in rows)
    print("text-finetune", "f1_gap", f"{(f1[:, 1] - f1[:, 0]).mean():.4f}",
          f"macro F1 {f1[:, 0].mean():.3f} beside the peer's {f1[:, 1].mean():.3f}, the largest class alone {f1[:, 2].mean():.3f}; {len(rows)} of 10 runs "
          f"({'SHORT: ' + str(ROWS or 'all') + ' products, ' + str(EPOCHS) + ' epochs; ' if short else ''}{', '.join(f'{n} seeds ' + ' '.join(r[1] for r in rows if r[0] == n) for n in sets)}); {speed:.2f} times its speed, {threads} threads", sep="\t")


main()
