"""What Hugging Face tokenizers 0.23.3 makes of every code point: classes.csv has the ranges of each
class, forms.csv a checksum of each normal form for
the blocks of 256 code points in which it changes something.

    python make_classes.py

A class is what the package does, seen from outside: a control is what BertNormalizer's cleaning
removes, punctuation what BertPreTokenizer sets apart, a letter what \\p{L} finds, and so on."""
import csv

from tokenizers import Regex, normalizers, pre_tokenizers

POINTS = [c for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]
clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
apart = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False)
bare = normalizers.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
bert = pre_tokenizers.BertPreTokenizer()


def found(expression):
    split = pre_tokenizers.Split(Regex(expression), "removed")
    # neighbours that no class here shares
    return lambda c: len(split.pre_tokenize_str(c)) == 0


letter, number, space = (found(e) for e in (r"\p{L}", r"\p{N}", r"\s"))
words = pre_tokenizers.Whitespace()
CLASSES = {
    "control": lambda c: clean.normalize_str("a" + c + "b") == "ab" and c != "\ufffd",
    "space": space,
    "punctuation": lambda c: len(bert.pre_tokenize_str("a" + c + "b")) == 3,
    "ideograph": lambda c: apart.normalize_str(c) == f" {c} ",
    "accent": lambda c: bare.normalize_str("a" + c) == "a",
    "mark": lambda c: normalizers.StripAccents().normalize_str("a" + c) == "a",
    "letter": letter,
    "number": number,
    "word": lambda c: len(words.pre_tokenize_str("a" + c)) == 1 and words.pre_tokenize_str("a" + c)[0][0] != "a",
}
FORMS = {"nfc": normalizers.NFC(), "nfd": normalizers.NFD(), "nfkc": normalizers.NFKC(),
         "nfkd": normalizers.NFKD(), "lower": normalizers.Lowercase(), "nmt": normalizers.Nmt()}


def checksum(texts):
    """FNV-1a, 64 bits, of the UTF-8 bytes, a zero behind each text."""
    h = 0xCBF29CE484222325
    for text in texts:
        for byte in text.encode() + b"\0":
            h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


with open("classes.csv", "w", newline="") as out:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["class", "first", "last"])
    for name, test in CLASSES.items():
        first = last = None
        for c in POINTS:
            if not test(chr(c)):
                continue
            if last == c - 1:
                last = c
                continue
            if first is not None:
                rows.writerow([name, first, last])
            first = last = c
        if first is not None:
            rows.writerow([name, first, last])

def newer(name, c):
    """Where the package is of a newer Unicode than Python 3.11 (14), and perhaps than utf8proc: its
    lower case. Listed in newer.csv, in no checksum."""
    return name == "lower" and FORMS[name].normalize_str(chr(c)) != chr(c).lower()


with open("newer.csv", "w", newline="") as out:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["form", "point"])
    NEWER = {(name, c) for name in FORMS for c in POINTS if newer(name, c)}
    rows.writerows(sorted(NEWER))

with open("forms.csv", "w", newline="") as out:
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["form", "block", "high", "low"])
    for name, form in FORMS.items():
        for block in range(0, 0x110000, 256):
            points = [c for c in range(max(block, 1), block + 256) if not 0xD800 <= c <= 0xDFFF and (name, c) not in NEWER]
            texts = [form.normalize_str(chr(c)) for c in points]
            if texts == [chr(c) for c in points]:
                continue  # nothing changes
            h = checksum(texts)
            rows.writerow([name, block, h >> 32, h & 0xFFFFFFFF])
