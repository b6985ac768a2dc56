"""Frames over Arrow: types, chunks, categories, times, and what is refused."""

import datetime

import pytest

import skua

pandas = pytest.importorskip("pandas")
polars = pytest.importorskip("polars")
pyarrow = pytest.importorskip("pyarrow")


@pytest.fixture
def shop(tmp_path):
    return skua.Shop.create(tmp_path / "shop", progress=False)


def means(shop, frame):
    shop.ingest(frame, "sales")
    return shop.forecast(horizon=3, models=["seasonal-naive"]).to_arrow()["mean"].to_pylist()


def test_chunks_categories_and_views_are_read_alike(tmp_path, sales):
    plain = pyarrow.Table.from_pandas(sales, preserve_index=False)
    halves = pyarrow.concat_tables([plain.slice(0, 300), plain.slice(300)])
    coded = plain.set_column(0, "unique_id", plain["unique_id"].dictionary_encode())
    frames = [sales, plain, halves, coded, polars.from_pandas(sales),
              polars.from_pandas(sales).with_columns(polars.col("unique_id").cast(polars.Categorical)),
              sales.astype({"unique_id": "category"}), sales.set_index(sales.index + 7)]
    made = [means(skua.Shop.create(tmp_path / f"s{i}", progress=False), frame) for i, frame in enumerate(frames)]
    assert len(made[0]) == 18 and all(m == made[0] for m in made)


def test_the_stream_is_what_frames_are_made_of(shop, sales):
    shop.ingest(sales, "sales")
    made = shop.forecast(horizon=4)
    table = pyarrow.table(made)
    assert table.schema.field("ds").type == pyarrow.timestamp("us")
    assert [f.name for f in table.schema][:4] == ["item", "channel", "ds", "mean"]
    assert table.equals(made.to_arrow()) and polars.DataFrame(made).equals(made.to_polars())
    rows = list(zip(table["item"].to_pylist(), table["channel"].to_pylist(), table["ds"].to_pylist()))
    assert rows == sorted(rows) and len(rows) == 24


def test_a_file_and_the_stream_say_the_same(shop, sales, tmp_path):
    shop.ingest(sales, "sales")
    stream = shop.forecast(horizon=4).to_pandas()
    for name in ("f.csv", "f.parquet"):
        pandas.testing.assert_frame_equal(shop.forecast(tmp_path / name, horizon=4).to_pandas(), stream)


def test_days_stay_days(sales):
    frame = polars.from_pandas(sales).with_columns(polars.col("ds").cast(polars.Date))
    made = skua.Forecaster(horizon=3, train=False).fit(frame).predict()
    assert made.schema["ds"] == polars.Date and made["ds"].min() == sales["ds"].max().date() + datetime.timedelta(1)
    made = skua.Forecaster(horizon=3, train=False).fit(frame.to_arrow()).predict()
    assert pyarrow.types.is_date32(made.schema.field("ds").type)


def test_many_batches(shop):
    """More series than a batch holds, hourly times, and an unread stream."""
    hours = pandas.date_range("2024-03-01", periods=30, freq="h")
    names = [f"i{s:04d}" for s in range(2100)]
    frame = pandas.DataFrame({"unique_id": [n for n in names for _ in hours], "ds": list(hours) * len(names), "y": 2.0})
    shop.ingest(frame, "sales")
    made = shop.forecast(horizon=2, models=["naive"])
    table = made.to_arrow()
    assert table.num_rows == 4200 and table["item"].num_chunks == 2
    assert table["ds"].to_pylist()[:2] == [datetime.datetime(2024, 3, 2, 6), datetime.datetime(2024, 3, 2, 7)]
    assert set(table["mean"].to_pylist()) == {2.0}


@pytest.mark.parametrize(
    "column, sentence",
    [
        (pyarrow.array([[1], [2]]), "'extra' holds lists or records"),
        (pyarrow.array([{"a": 1}, {"a": 2}]), "'extra' holds lists or records"),
    ],
)
def test_nested_columns_are_refused(shop, column, sentence):
    table = pyarrow.table({"unique_id": ["a", "a"], "ds": ["2024-01-01", "2024-01-02"], "y": [1.0, 2.0], "extra": column})
    with pytest.raises(skua.DataError, match=sentence):
        shop.ingest(table, "sales")
    assert shop.show()["tables"] is not None  # and the shop goes on


def test_a_stream_that_fails(shop):
    def batches():
        yield pyarrow.record_batch({"unique_id": ["a"], "ds": ["2024-01-01"], "y": [1.0]})
        raise RuntimeError("the source broke")

    schema = pyarrow.schema([("unique_id", pyarrow.string()), ("ds", pyarrow.string()), ("y", pyarrow.float64())])
    reader = pyarrow.RecordBatchReader.from_batches(schema, batches())
    capsule = reader.__arrow_c_stream__()
    with pytest.raises(skua.SkuaError, match="frame.*the source broke"):
        shop._verb("ingest_arrow", {"table": "sales"}, skua._arrow.pointer_of(capsule))
    with pytest.raises(skua.ArgumentError, match="released"):
        shop._verb("ingest_arrow", {"table": "sales"}, skua._arrow.pointer_of(capsule))
