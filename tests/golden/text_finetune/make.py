"""Losses of fine-tuning by PyTorch with transformers (f32, no dropout) on tiny models of random
weights, one a family and kind of label.

    python make.py

A folder a model: what AutoModelForSequenceClassification saved, head included, with the tokeniser of
../tokeniser that it takes. losses.csv: model,kind,step,loss and the outputs behind the last step for
every text. A step is AdamW (rate .002, weight decay .05 on matrices alone, norm of the gradient
clipped at 1) on texts 0 1 2, 3 4 5, 6 7 0 ... of TEXTS, labels in TEXTS' order; made with PyTorch
2.4.1 and transformers 4.57.3."""
import csv
import shutil
from pathlib import Path

import torch
import transformers as tr
from tokenizers import Tokenizer

TEXTS = ["red cotton dress", "Vintage silk scarf, 12 ml", "lamp", "soft wool towel red blue green large 500 ml", "mug",
         "green dress with a long belt", "blue lamp", "cotton towel"]
CLASSES = [0, 1, 2, 1, 2, 0, 2, 1]
VALUES = [0.5, -1.25, 2.0, 0.0, 1.5, -0.75, 1.0, -0.5]
STEPS, BATCH = 8, 3
TINY = dict(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12, initializer_range=0.3,
            hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
FAMILIES = {
    "bert": ("wordpiece_uncased", CLASSES, lambda v: tr.BertForSequenceClassification(tr.BertConfig(vocab_size=v, max_position_embeddings=32, num_labels=3, **TINY))),
    "bert_value": ("wordpiece_uncased", VALUES, lambda v: tr.BertForSequenceClassification(tr.BertConfig(vocab_size=v, max_position_embeddings=32, num_labels=1, hidden_act="gelu_new", **TINY))),
    "roberta": ("bytes_gpt2", CLASSES, lambda v: tr.RobertaForSequenceClassification(tr.RobertaConfig(vocab_size=v, max_position_embeddings=34, type_vocab_size=1, pad_token_id=1, num_labels=3, **TINY))),
    "distilbert": ("wordpiece_uncased", CLASSES, lambda v: tr.DistilBertForSequenceClassification(tr.DistilBertConfig(vocab_size=v, max_position_embeddings=32, dim=8, n_layers=2, n_heads=2, hidden_dim=12, initializer_range=0.3, dropout=0.0, attention_dropout=0.0, seq_classif_dropout=0.0, num_labels=3))),
}


def inputs(tokeniser, rows, padding):
    ids = [tokeniser.encode(TEXTS[i]).ids for i in rows]
    most = max(map(len, ids))
    return {"input_ids": torch.tensor([x + [padding] * (most - len(x)) for x in ids]),
            "attention_mask": torch.tensor([[1] * len(x) + [0] * (most - len(x)) for x in ids])}


def main():
    rows = csv.writer(open("losses.csv", "w", newline=""), lineterminator="\n")
    rows.writerow(["model", "what", "number", "values"])
    for number, (name, (tokeniser_name, labels, build)) in enumerate(FAMILIES.items()):
        torch.manual_seed(number + 1)
        tokeniser = Tokenizer.from_file(f"../tokeniser/{tokeniser_name}.json")
        padding = 1 if name == "roberta" else 0
        model = build(tokeniser.get_vocab_size())
        for p in model.parameters():  # norms and biases too
            if p.dim() == 1:
                p.data += 0.2 * torch.randn_like(p)
        shutil.rmtree(name, ignore_errors=True)
        model.save_pretrained(name)
        shutil.copy(f"../tokeniser/{tokeniser_name}.json", f"{name}/tokenizer.json")
        model.train()
        optimiser = torch.optim.AdamW([{"params": [p for p in model.parameters() if p.dim() >= 2], "weight_decay": 0.05},
                                       {"params": [p for p in model.parameters() if p.dim() < 2], "weight_decay": 0}], lr=0.002)
        y = torch.tensor(labels)
        for step in range(STEPS):
            order = [(step * BATCH + i) % len(TEXTS) for i in range(BATCH)]
            out = model(**inputs(tokeniser, order, padding)).logits
            loss = torch.nn.functional.mse_loss(out[:, 0], y[order]) if y.is_floating_point() else torch.nn.functional.cross_entropy(out, y[order])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            rows.writerow([name, "loss", step, f"{loss.item():.7g}"])
        model.eval()
        with torch.no_grad():
            for i in range(len(TEXTS)):
                rows.writerow([name, "output", i, *[f"{x:.7g}" for x in model(**inputs(tokeniser, [i], padding)).logits[0].tolist()]])
    Path("texts.txt").write_text("".join(t + "\n" for t in TEXTS))


main()
