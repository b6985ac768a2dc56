"""Reconciliation with a shrunk correlation, densely and from the papers' own formulas: Schaefer &
Strimmer 2005, section 2.4 (shrinkage of correlations), Wickramasuriya et al. 2019, eq. 9. Writes
case.tsv: name, then numbers.

    python tests/golden/reconcile/make.py
"""
import pathlib

import numpy as np

rng = np.random.default_rng(7)
n, T = 7, 12
groups = [np.array([0, 0, 1, 1, 1, 2, 2]), np.zeros(n, int)]
S = np.vstack([np.eye(n)] + [(g[None, :] == np.arange(g.max() + 1)[:, None]).astype(float) for g in groups])
N = S.shape[0]
common = rng.normal(size=(T, 3))
errors = rng.normal(size=(T, N)) + common @ rng.normal(size=(3, N))
variance = rng.uniform(0.5, 4, N)
base = np.concatenate([rng.uniform(5, 20, n), np.zeros(N - n)])
base[n:] = S[n:] @ base[:n] + rng.normal(scale=3, size=N - n)

x = (errors - errors.mean(0)) / errors.std(0, ddof=1)
r = x.T @ x / (T - 1)
top = bottom = 0.0
for i in range(N):
    for j in range(N):
        if i == j:
            continue
        w = x[:, i] * x[:, j]
        top += T / (T - 1) ** 3 * ((w - w.mean()) ** 2).sum()
        bottom += r[i, j] ** 2
shrinkage = min(1.0, max(0.0, top / bottom))
R = (1 - shrinkage) * r + shrinkage * np.eye(N)
D = np.diag(np.sqrt(variance))
W = np.linalg.inv(D @ R @ D)
b = np.linalg.solve(S.T @ W @ S, S.T @ W @ base)

rows = {"n": [n, T, N], "group0": groups[0], "group1": groups[1], "errors": errors.ravel(),
        "variance": variance, "base": base, "shrinkage": [shrinkage], "result": b}
path = pathlib.Path(__file__).with_name("case.tsv")
path.write_text("".join("\t".join([k] + [repr(float(v)) for v in values]) + "\n" for k, values in rows.items()))
