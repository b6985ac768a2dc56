import datetime
import inspect

import pandas
import pytest

import skua
from skua import Forecaster


def fitted(frame, **parameters):
    return Forecaster(horizon=7, train=False, **parameters).fit(frame)


def test_names_of_the_frame_come_back(sales):
    frame = sales.rename(columns={"unique_id": "item_id", "ds": "timestamp", "y": "target"})
    made = fitted(frame).predict()
    assert list(made.columns[:3]) == ["item_id", "timestamp", "mean"]
    assert set(made["item_id"]) == set(frame["item_id"])


def test_columns_named_by_the_caller(sales):
    frame = sales.rename(columns={"unique_id": "who", "ds": "when", "y": "what"})
    with pytest.raises(skua.DataError, match="identifier"):
        fitted(frame)
    made = fitted(frame, id_column="who", time_column="when", target_column="what").predict()
    pandas.testing.assert_frame_equal(
        made.rename(columns={"who": "unique_id", "when": "ds"}), fitted(sales).predict()
    )


def test_polars_and_pyarrow_come_back_as_they_were(sales):
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    expected = fitted(sales).predict()
    for frame in (polars.from_pandas(sales), pyarrow.Table.from_pandas(sales)):
        made = fitted(frame).predict()
        assert type(made) is type(frame)
        mean = made["mean"].to_list() if hasattr(made["mean"], "to_list") else made["mean"].to_pylist()
        assert mean == expected["mean"].tolist()


def test_training_chooses_and_is_repeatable(sales):
    models = [Forecaster(horizon=7, models=["naive", "seasonal-naive"], seed=5).fit(sales) for _ in range(2)]
    first, second = (m.predict() for m in models)
    pandas.testing.assert_frame_equal(first, second)
    assert models[0].report_["verb"] == "train"
    assert {m["name"] for m in models[0].leaderboard_} >= {"naive", "seasonal-naive", "combination"}
    assert models[0].n_series_ == 6


def test_options_change_the_result(sales):
    base = fitted(sales).predict()
    assert len(Forecaster(horizon=3, train=False).fit(sales).predict()) == 6 * 3
    assert len(fitted(sales).predict(horizon=5)) == 6 * 5
    wide = fitted(sales, levels=(0.05, 0.5, 0.95)).predict()
    assert [c for c in wide.columns if c.startswith("q")] == ["q05", "q50", "q95"]
    assert len(base) == 6 * 7


def test_sklearn_clones_it(sales):
    sklearn = pytest.importorskip("sklearn.base")
    model = Forecaster(horizon=9, preset="fast", models=["ets"])
    copy = sklearn.clone(model)
    assert copy is not model and copy.get_params() == model.get_params()
    assert copy.set_params(horizon=2).horizon == 2
    with pytest.raises(ValueError, match="no parameter"):
        model.set_params(horizn=3)
    assert set(model.get_params()) == set(inspect.signature(Forecaster.__init__).parameters) - {"self"}


def test_not_fitted():
    with pytest.raises(skua.DataError, match="fit"):
        Forecaster().predict()


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: pandas.concat([f, f.head(3)]), "3 rows repeat"),
        (lambda f: f.assign(y=["many" if i == 4 else "7" for i in range(len(f))]), "cannot be read"),
        (lambda f: f.drop(columns="y"), "target"),
        (lambda f: f.assign(extra=[{"a": 1}] * len(f)), "extra"),
        (lambda f: f.values.tolist(), "no frame"),
    ],
)
def test_bad_frames(sales, spoil, sentence):
    with pytest.raises(skua.DataError, match=sentence):
        fitted(spoil(sales))


def test_mixed_time_zones(sales):
    zones = [datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=8))]
    frame = sales.head(4).copy()
    frame["ds"] = pandas.Series(
        [datetime.datetime(2024, 1, 1 + i, tzinfo=zones[i % 2]) for i in range(4)], dtype=object
    )
    with pytest.raises(skua.DataError, match="time zones"):
        fitted(frame)


def test_a_double_column():
    frame = pandas.DataFrame([["a", "2024-01-01", 1.0, 2.0]], columns=["unique_id", "ds", "y", "y"])
    with pytest.raises(skua.DataError, match="twice"):
        fitted(frame)


def test_missing_values_and_short_series(sales):
    frame = sales.copy()
    frame.loc[3:5, "y"] = None
    short = pandas.DataFrame({"unique_id": ["new"], "ds": [frame["ds"].max()], "y": [4.0]})
    made = fitted(pandas.concat([frame, short], ignore_index=True)).predict()
    assert made["mean"].notna().all()
    assert len(made[made["unique_id"] == "new"]) == 7


def test_plot(sales):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    figure = skua.plot(sales, fitted(sales).predict(), ["商品-1", "商品-4"])
    assert len(figure.axes) == 2 and figure.axes[0].lines
