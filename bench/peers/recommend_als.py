"""Implicit ALS (package implicit) on the rows that `skua-bench recommend export FOLDER` wrote: lists
of 20 a user into FOLDER/lists.txt. Settings (factors, regularisation, alpha) are chosen by NDCG@10 on
the last 28 days of the rows, from the days before them; then the best is fitted on all rows.

    python recommend_als.py FOLDER THREADS
"""
import sys

import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

PERIOD, LIST = 28, 20
folder, threads = sys.argv[1], int(sys.argv[2])
rows = np.loadtxt(f"{folder}/rows.txt", dtype=np.int64)  # user, item, days before the test
users, items = rows[:, 0].max() + 1, rows[:, 1].max() + 1


def matrix(part):
    return sp.csr_matrix((np.ones(len(part), np.float32), (part[:, 0], part[:, 1])), shape=(users, items))


def lists(past, setting):
    factors, regularisation, alpha = setting
    model = AlternatingLeastSquares(factors=factors, regularization=regularisation, alpha=alpha,
                                    iterations=15, random_state=1, num_threads=threads)
    model.fit(past, show_progress=False)
    known = np.flatnonzero(np.diff(past.indptr))
    found, _ = model.recommend(known, past[known], N=LIST, filter_already_liked_items=False)
    return known, found


def ndcg(known, found, truth):
    discount, scores = 1 / np.log2(np.arange(2, 12)), []
    for user, list_ in zip(known, found):
        wanted = truth.get(user)
        if wanted:
            hits = np.array([item in wanted for item in list_[:10]])
            scores.append((hits * discount).sum() / discount[: min(10, len(wanted))].sum())
    return float(np.mean(scores))


past, truth = matrix(rows[rows[:, 2] > PERIOD]), {}
for user, item, age in rows[rows[:, 2] <= PERIOD]:
    truth.setdefault(user, set()).add(item)
best = (-1.0, None)
with threadpool_limits(1, "blas"):
    for setting in [(f, r, a) for f in (32, 96) for r in (0.01, 1.0) for a in (1.0, 10.0)] + [(192, 0.1, 1.0)]:
        score = ndcg(*lists(past, setting), truth)
        print(f"  ALS {setting}: NDCG@10 {score:.4f} on validation", flush=True)
        best = max(best, (score, setting))
    known, found = lists(matrix(rows), best[1])
with open(f"{folder}/lists.txt", "w") as out:
    for user, list_ in zip(known, found):
        out.write(" ".join(map(str, [user, *list_])) + "\n")
