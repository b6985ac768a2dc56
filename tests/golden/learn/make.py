"""Golden values of the linear learner: scikit-learn's ElasticNet on standardised columns, where a
missing value is the mean and an indicator less its mean is a column of its own.
    python make.py    (scikit-learn, numpy)"""
import pathlib

import numpy as np
from sklearn.linear_model import ElasticNet

rng = np.random.default_rng(7)
n, k = 60, 4
x = rng.normal(size=(n, k)).astype(np.float32)
x[:, 1] = x[:, 0] * 0.8 + x[:, 1] * 0.3
x[rng.random(n) < 0.2, 2] = np.nan
y = (1 + 2 * x[:, 0] - x[:, 1] + np.where(np.isnan(x[:, 2]), 3, x[:, 2]) + 0.1 * rng.normal(size=n)).astype(np.float32)
w = (0.5 + rng.random(n)).astype(np.float32)
z = np.zeros((n, 2 * k))
for j in range(k):
    v, seen = x[:, j].astype(float), ~np.isnan(x[:, j])
    mean = np.average(v[seen], weights=w[seen])
    scale = np.sqrt(np.average((v[seen] - mean) ** 2, weights=w[seen]))
    z[seen, j] = (v[seen] - mean) / scale
    z[:, k + j] = (~seen) - np.average(~seen, weights=w)
columns = [x, y[:, None], w[:, None]]
for alpha, share in [(0.01, 0.0), (0.1, 0.5), (0.05, 1.0)]:
    mean = np.average(y, weights=w)
    model = ElasticNet(alpha=alpha, l1_ratio=share, fit_intercept=False, tol=1e-12, max_iter=1000000)
    model.fit(z, y - mean, sample_weight=w)
    columns.append((mean + model.predict(z))[:, None])
table = np.hstack(columns)
head = "x0,x1,x2,x3,y,w,ridge,elastic,lasso"
np.savetxt(pathlib.Path(__file__).parent / "linear.csv", table, delimiter=",", header=head, comments="", fmt="%.9g")
