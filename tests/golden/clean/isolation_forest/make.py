"""Scores of scikit-learn's IsolationForest on a small matrix, many trees so that chance is small.
Run with numpy 2.4.6 and scikit-learn 1.9.1:  python make.py
Writes scores.csv: x0, x1, x2, score (mean over 5 forests of 1,000 trees, max_samples 64) and
depth.csv: n, average path length of an unsuccessful search."""
import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

rng = np.random.default_rng(8)
x = np.vstack([rng.normal(size=(140, 3)) * [1, 2, 0.5], rng.normal(size=(6, 3)) + [6, -9, 3],
               [[0, 0, 4], [12, 0, 0], [0, 0, 0], [-3, 7, -2]]])
x = np.round(x, 4)
total = np.zeros(len(x))
for seed in range(5):
    forest = IsolationForest(n_estimators=1000, max_samples=64, random_state=seed).fit(x)
    total += -forest.score_samples(x)
np.savetxt("scores.csv", np.column_stack([x, total / 5]), delimiter=",", fmt="%.9g",
           header="x0,x1,x2,score", comments="")
n = np.array([1, 2, 3, 4, 5, 10, 100, 256, 1000, 100000])
np.savetxt("depth.csv", np.column_stack([n, _average_path_length(n)]), delimiter=",", fmt="%.15g",
           header="n,depth", comments="")
