"""The Hampel filter's z by pandas 3.1.1 and numpy 2.4.6: windows of 7 cut at the ends, NaN left out.
python make.py > hampel.csv"""
import numpy as np
import pandas as pd

rng = np.random.default_rng(4)
x = np.round(10 + 3 * np.sin(np.arange(40) / 3) + rng.normal(size=40), 3)
x[[5, 20]] = [40, -7]
x[30] = np.nan
s = pd.Series(x)
w = s.rolling(7, center=True, min_periods=1)
middle = w.median()
mad = w.apply(lambda v: np.nanmedian(np.abs(v - np.nanmedian(v))), raw=True)
z = (s - middle) / (1.4826022185056018 * mad)
print("x,median,z")
for a, b, c in zip(x, middle, z):
    print(f"{a:.10g},{b:.15g},{c:.15g}")
