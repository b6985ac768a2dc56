"""Pictures of every kind and what Pillow 13.0.0 reads in them and makes of them by its filters.

    python make.py

NAME.png, .jpg, ...: the pictures; pixels.bin: of each kind that is read, in the order of EXACT and NEAR,
its pixels [29, 37, 3] laid on white; resized.bin: plain.png by each of RESIZES; broken files are cut
or made by hand. The huge one says 50,000 x 50,000 in its header."""
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 37, 29
EXACT = ["plain.png", "grey.png", "grey_alpha.png", "alpha.png", "palette.png", "one_bit.png", "plain.gif", "lossless.webp"]
NEAR = ["plain.jpg", "turned.jpg", "grey.jpg"]
RESIZES = [("BOX", 16, 8), ("BILINEAR", 16, 16), ("BICUBIC", 20, 30), ("LANCZOS", 11, 7), ("BILINEAR", 64, 64), ("BICUBIC", 37, 50), ("BICUBIC", 9, 29)]


def scene():
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    rgb = np.stack([120 + 100 * np.sin(x / 5), 100 + 3 * y, 60 + 80 * ((x - 18) ** 2 + (y - 14) ** 2 < 90)], -1)
    rgb[:, :6] += np.random.default_rng(5).normal(0, 25, (HEIGHT, 6, 3))
    return Image.fromarray(rgb.clip(0, 255).astype(np.uint8))


def on_white(image):
    image = image.convert("RGBA")
    a = np.asarray(image).astype(np.uint32)
    return ((a[..., :3] * a[..., 3:] + 255 * (255 - a[..., 3:]) + 127) // 255).astype(np.uint8)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main():
    plain = scene()
    alpha = Image.fromarray((np.indices((HEIGHT, WIDTH))[1] * 7 % 256).astype(np.uint8))
    with_alpha = plain.copy()
    with_alpha.putalpha(alpha)
    grey_alpha = plain.convert("L")
    grey_alpha.putalpha(alpha)
    plain.save("plain.png")
    plain.convert("L").save("grey.png")
    grey_alpha.save("grey_alpha.png")
    with_alpha.save("alpha.png")
    plain.quantize(16).save("palette.png")
    plain.convert("1").save("one_bit.png")
    plain.quantize(32).save("plain.gif")
    with_alpha.save("lossless.webp", lossless=True, exact=True)
    plain.save("plain.jpg", quality=95, subsampling=0)
    exif = Image.Exif()
    exif[0x112] = 6  # to be turned by 90 degrees
    plain.transpose(Image.Transpose.ROTATE_90).save("turned.jpg", quality=95, subsampling=0, exif=exif)
    plain.convert("L").save("grey.jpg", quality=95)
    with open("pixels.bin", "wb") as file:
        for name in EXACT:
            file.write(on_white(Image.open(name)).tobytes())
        for name in NEAR:
            image = Image.open(name)
            image = image.transpose(Image.Transpose.ROTATE_270) if name == "turned.jpg" else image
            file.write(on_white(image).tobytes())
    with open("resized.bin", "wb") as file:
        for kind, w, h in RESIZES:
            file.write(plain.resize((w, h), getattr(Image.Resampling, kind)).tobytes())
    for name in ["plain.png", "plain.jpg", "plain.gif", "lossless.webp"]:
        data = Path(name).read_bytes()
        Path("cut_" + name).write_bytes(data[: len(data) // 2])
    header = struct.pack(">IIBBBBB", 50000, 50000, 8, 2, 0, 0, 0)
    Path("huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 3000)) + chunk(b"IEND", b""))
    plain.save("other.bmp")
    Path("text.jpg").write_text("this is no picture\n")
    Path("empty.png").write_bytes(b"")


main()
