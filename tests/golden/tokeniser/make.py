"""Token numbers of Hugging Face tokenizers 0.23.3 on texts of every awkward kind.

    python make.py

Writes, a tokeniser, NAME.json (its tokenizer.json) and, for all, ids.csv: tokeniser,text,number,...
and texts.csv: text,byte,byte,... The tokenisers are small and trained here on made-up titles:
  wordpiece_uncased, wordpiece_cased   BERT's; vocab.txt is wordpiece_uncased's vocabulary
  bytes_gpt2                           byte-level BPE, RoBERTa's marks
  bytes_llama3, bytes_qwen2            the same with other expressions, ignore_merges, no marks
  bpe_fallback                         BPE with byte fall-back, Metaspace (Llama 2's kind)
  bpe_suffix                           BPE with an end-of-word suffix and fused unknowns
  unigram                              SentencePiece with a compiled character map (XLM-R's kind)
  unigram_bytes                        unigram with byte fall-back, NFKC, prefix at the start only
  added                                added tokens: single words, stripping, normalised"""
import csv
import json
import random
import tempfile
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as spm
from tokenizers import (AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers,
                        processors, trainers)

ADJECTIVES = "red blue green cotton silk wool summer winter Vintage soft large small Café naïve Größe".split()
NOUNS = "dress shirt lamp mug candle holder shoes kettle towel scarf sandales Gläser".split()
CHINESE = "连衣裙 夏季 新款 女装 保湿 面霜 补水 男士 运动鞋 西兰花 有机 蔬菜 净藕".split()
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def corpus():
    rng = random.Random(1)
    for _ in range(3000):
        words = rng.choices(ADJECTIVES, k=2) + [rng.choice(NOUNS)]
        text = " ".join(words) + f", {rng.randrange(1, 999)} ml"
        yield text + " " + "".join(rng.choices(CHINESE, k=rng.randrange(3)))


TEXTS = [
    "", " ", "   ", "\n", "\t \r\n", "red dress", "Red  Dress", " red dress ", "RED-DRESS!!", "red_dress",
    "don't I'LL we've it's 'S 'ſ 'RE", "cost $12.50 (50% off)", "3 for 2, 1234567 ml", "１２３ ＡＢＣ", "½ ² ① Ⅷ ٣",
    "Café naïve", "Cafe\u0301 nai\u0308ve", "CAFÉ İstanbul ΣΑΣ ẞ ß", "ﬁne ﬂour ™ № ㎏ ㋿ ｶﾞ", "Å Å Å",
    "连衣裙夏季新款", "女装 保湿 面霜 50g", "【11-11专享】雅诗兰黛", "水\u3000水", "𠀀𪜀㐀豈", "日本語のドレス", "한국어 드레스 각", "ภาษาไทย",
    "हिन्दी की पोशाक", "فستان أحمر", "שמלה אדומה", "Красное платье", "👗 dress", "👩‍👩‍👧‍👦 family 👍🏽", "🇨🇳🇬🇧", "❤️ ☀️ ☕",
    "\u200bzero\u200bwidth", "soft\u00adhyphen", "\ufeffmark", "a\u0300\u0301\u0323b", "\u0301 alone", "\u05fe unassigned",
    "control \u0001\u0007\u001f here", "\u0000nul\u0000", "\u0085next\u2028line\u2029", "a\u000bb\u000cc", "\ufffd \ue000 \U0010fffe",
    "[CLS] dress [SEP]", "[MASK]", "<s>red</s>", "<mask> <mask>", " <mask>  dress", "red<mask>dress", "<pad>", "<unk>",
    "x" * 99, "x" * 100, "x" * 101, "dress" * 60, "红" * 120, "aaaaaaaaaaaaaaaaaaaaaaaa", "12345678901234567890",
    "https://shop.example/items?id=42&size=XL#top", "<script>alert('x')</script>", "a,b;c:d|e/f\\g", "«quoted» “text” ‘single’ — dash…",
    "trailing space ", "two  spaces   three", "tab\tseparated\tvalues", "line\nbreak\r\nand\n\n\nmore", "  leading", "a \n b", "end\n", "x  \n  y",
    "▁metaspace ▁▁ red", "##ing ##", "word▁", "Ġ Ċ ĉ", "ĠĠ", "é", "e\u0301", "½½", "SHOUT red SHOUT", "sku-12 newtoken newtokens NEWTOKEN",
    "price:12€ £3 ¥5 ₽", "S/M/L/XL 100% cotton 30×40cm", "50ml×2瓶", "T恤衫 V领 A字裙", "ÅNGSTRÖM", "\u1e9e \u0149 \u01c5", "ǅ", "\u2126 \u212a",
]
BROKEN = [b"red \xff dress", b"\xe6\xb0", b"\xe6\xb0 dress", b"\xf0\x9f\x91", b"\xc0\xaf\xed\xa0\x80", b"dr\x80ess", b"\xf4\x90\x80\x80"]
# a small character map in place of nmt_nfkc's: single characters, clusters, deletions, long results
RULES = sorted([("\uff21", "A"), ("\uff11", "1"), ("\u3000", " "), ("\u00a0", " "), ("\t", " "), ("\n", " "), ("\r", " "),
                ("\r\n", " "), ("\ufb01", "fi"), ("\u338f", "kg"), ("\u2122", "TM"), ("e\u0301", "\u00e9"), ("a\u0300", "\u00e0"),
                ("\u200b", ""), ("\u00ad", ""), ("\ufffd", " "), ("\u32ff", "\u4ee4\u548c"), ("\u00bd", "1\u20442"), ("\U0001f467", "girl"),
                ("\u2460", "1")])


def wordpiece(lower, texts):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=lower, strip_accents=None)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(texts, trainers.WordPieceTrainer(vocab_size=500, special_tokens=special, show_progress=False))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return t


def byte_level(texts, expression, ignore):
    t = Tokenizer(models.BPE(ignore_merges=ignore))
    if expression:
        t.pre_tokenizer = pre_tokenizers.Sequence([
            pre_tokenizers.Split(Regex(expression), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    else:
        t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    if not expression:
        t.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
        t.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    return t


def bpe_fallback(texts):
    t = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    t.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=700, special_tokens=special, show_progress=False))
    t.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    saved = json.loads(t.to_str())
    saved["added_tokens"] = saved["added_tokens"][:3]  # the bytes are no added tokens
    return Tokenizer.from_str(json.dumps(saved))


def bpe_suffix(texts):
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase(), normalizers.Strip()])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    t.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>"], end_of_word_suffix="</w>", limit_alphabet=60, show_progress=False))
    return t


def unigram(texts):
    with tempfile.TemporaryDirectory() as folder:
        prefix, rules = str(Path(folder) / "spm"), Path(folder) / "rules.tsv"
        rules.write_text("".join(
            " ".join(f"{ord(c):X}" for c in a) + "\t" + " ".join(f"{ord(c):X}" for c in b) + "\n" for a, b in RULES))
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_prefix=prefix, vocab_size=400, model_type="unigram",
            normalization_rule_tsv=str(rules), hard_vocab_limit=False, minloglevel=2)
        proto = spm.ModelProto()
        proto.ParseFromString(Path(prefix + ".model").read_bytes())
    pieces = [(p.piece, p.score) for p in proto.pieces]
    vocab = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + pieces[3:] + [("<mask>", 0.0)]
    t = Tokenizer(models.Unigram(vocab, unk_id=3))
    t.normalizer = normalizers.Sequence([
        normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    t.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)])
    t.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return t, pieces


def unigram_bytes(pieces):
    vocab = [("<unk>", 0.0)] + [(f"<0x{b:02X}>", -20.0) for b in range(256)] + pieces[3:]
    t = Tokenizer(models.Unigram(vocab, unk_id=0, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.StripAccents(), normalizers.Replace("''", '"')])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="first")])
    return t


def added(base):
    t = Tokenizer.from_str(base.to_str())
    t.add_tokens([AddedToken("newtoken", single_word=True, normalized=False), AddedToken("SHOUT", normalized=True),
                  AddedToken("sku-", rstrip=True, normalized=False), AddedToken("sku", normalized=False)])
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Punctuation(), pre_tokenizers.WhitespaceSplit(),
                                               pre_tokenizers.Split("ss", "merged_with_previous")])
    return t


def main():
    texts = list(corpus())
    wordpieces = wordpiece(True, texts)
    sentencepieces, pieces = unigram(texts)
    made = {
        "wordpiece_uncased": wordpieces, "wordpiece_cased": wordpiece(False, texts),
        "bytes_gpt2": byte_level(texts, None, False), "bytes_llama3": byte_level(texts, LLAMA3, True),
        "bytes_qwen2": byte_level(texts, QWEN2, False), "bpe_fallback": bpe_fallback(texts),
        "bpe_suffix": bpe_suffix(texts), "unigram": sentencepieces, "unigram_bytes": unigram_bytes(pieces),
        "added": added(wordpieces),
    }
    raw = [t.encode() for t in TEXTS] + BROKEN
    with open("texts.csv", "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["text", "bytes"])
        for i, text in enumerate(raw):
            rows.writerow([i, *text])
    with open("ids.csv", "w", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["tokeniser", "text", "ids"])
        for name, t in made.items():
            Path(name + ".json").write_text(json.dumps(json.loads(t.to_str()), ensure_ascii=False, separators=(",", ":")))
            for i, text in enumerate(raw):
                rows.writerow([name, i, *t.encode(text.decode("utf-8", errors="replace")).ids])
    vocab = sorted(wordpieces.get_vocab().items(), key=lambda p: p[1])
    Path("vocab.txt").write_text("".join(token + "\n" for token, _ in vocab))


main()
