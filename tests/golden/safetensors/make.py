"""Files of the reference implementation (PyPI safetensors), every type that skua reads, and the same
tensors as numbers. The test reads the file, and writes it again byte for byte.
    python make.py    (safetensors, numpy)"""
import pathlib

import numpy as np
from safetensors import TensorSpec, serialize_file

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(3)
x = rng.normal(size=(3, 5)).astype(np.float32)
half = rng.normal(size=(2, 2, 4)).astype(np.float16)
half.flat[:4] = [65504, -6e-8, 6.1e-5, 0.0999755859375]
wide = rng.normal(size=7).astype(np.float32)
bits = wide.view(np.uint32)
bfloat = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
small = rng.integers(-128, 128, size=(4, 3)).astype(np.int8)
tensors = {  # name: (type, array)
    "layer.weight": ("float32", x), "layer.half": ("float16", half),
    "layer.bfloat": ("bfloat16", bfloat), "layer.int8": ("int8", small)}
other = {"layer.double": ("float64", np.array([[1 / 3, -2e300]])), "layer.ids": ("int64", np.arange(4)),
         "layer.scalar": ("float32", np.array(2.5, np.float32)), "layer.empty": ("float32", np.zeros((0, 3), np.float32))}


def write(name, chosen):
    specs = {k: TensorSpec(dtype=t, shape=a.shape, data_ptr=a.ctypes.data, data_len=a.nbytes) for k, (t, a) in chosen.items()}
    serialize_file(specs, here / name, {"format": "skua \"golden\""})


write("written.safetensors", tensors)
write("foreign.safetensors", tensors | other)
values = {"layer.weight": x, "layer.half": half, "layer.bfloat": (bfloat.astype(np.uint32) << 16).view(np.float32),
          "layer.int8": small, "layer.source": wide}
with open(here / "values.csv", "w") as out:
    print("tensor,element,value", file=out)
    for k, a in values.items():
        for i, v in enumerate(a.astype(float).flat):
            print(f"{k},{i},{v:.17g}", file=out)
