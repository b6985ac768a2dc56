"""scikit-learn's isolation forest on the series that `skua-bench anomalies --export FILE` planted.

    python bench/peers/anomalies.py FILE      (numpy, pandas, scikit-learn 1.9.1)

Each series is standardised by its median and median absolute deviation; features are the value, its
differences to both neighbours and its distance to a running median of 15. One forest a set; the
contamination that scores best is taken, which flatters the peer. Missing values are flags."""
import sys

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest


def features(x):
    s = pd.Series(x)
    middle = s.median()
    spread = 1.4826 * (s - middle).abs().median() or 1.0
    z = ((s - middle) / spread).clip(-50, 50)
    local = z - z.rolling(15, center=True, min_periods=1).median()
    return np.column_stack([z, z.diff(), z.diff(-1), local])


def runs(flags):
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(int), 0]))
    return zip(edges[::2], edges[1::2])


def judge(groups, flagged):
    hit = missed = wrong = 0
    for g, flags in zip(groups, flagged):
        events = [(e.t.min(), e.t.max() + 1, e.kind.iloc[0])
                  for _, e in g[g.event >= 0].groupby("event")]
        found = set()
        original = g.original.to_numpy()
        for a, b in runs(flags):
            own = [i for i, (f, t, kind) in enumerate(events)
                   if (a <= t and b + 1 > f if kind != "unit changes"
                       else any(abs(edge - e) <= 1 or a <= e < b for e in (f, t)
                                for edge in (a, b)))]
            found.update(own)
            wrong += not own and not np.all(~(original[a:b] > 0))
        hit += len(found)
        missed += len(events) - len(found)
    return hit, missed, wrong


def main():
    data = pd.read_csv(sys.argv[1])
    data["kind"] = data["kind"].fillna("")
    total = {}
    for name, part in data.groupby("set", sort=False):
        groups = [g.reset_index(drop=True) for _, g in part.groupby("series")]
        matrices = [features(g.x.to_numpy()) for g in groups]
        forest = IsolationForest(random_state=1).fit(np.nan_to_num(np.vstack(matrices)))
        scores = [-forest.score_samples(np.nan_to_num(m)) for m in matrices]
        everything = np.concatenate(scores)
        for share in (0.005, 0.01, 0.02, 0.03, 0.05, 0.1):
            bound = np.quantile(everything, 1 - share)
            flags = [(s > bound) | g.x.isna().to_numpy() for s, g in zip(scores, groups)]
            counts = np.array(judge(groups, flags))
            total[share] = total.get(share, 0) + counts
    for share, (hit, missed, wrong) in total.items():
        print(f"peer: isolation forest, contamination {share:<5} any kind "
              f"{2 * hit / (2 * hit + missed + wrong):.3f}")


main()
