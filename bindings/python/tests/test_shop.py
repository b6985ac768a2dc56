import os
import signal
import subprocess
import sys
import threading
import time

import pandas
import pytest

import skua


@pytest.fixture
def shop(tmp_path, sales):
    made = skua.Shop.create(tmp_path / "shop", progress=False)
    made.ingest(sales, "sales")
    return made


def test_version_is_the_library_s():
    assert skua.version().count(".") == 2


def test_a_frame_goes_in_and_forecasts_come_out(shop, sales):
    made = shop.forecast(horizon=7, seed=3)
    frame = made.to_pandas()
    assert made.report["series"] == 6
    assert len(frame) == 6 * 7
    assert frame["ds"].min() == sales["ds"].max() + pandas.Timedelta(days=1)
    assert (frame["q10"] <= frame["q50"]).all() and (frame["q50"] <= frame["q90"]).all()
    weekday = frame[frame["item"] == "商品-2"]["mean"].to_numpy()
    truth = sales[sales["unique_id"] == "商品-2"]["y"].to_numpy()[-7:]
    assert abs(weekday - truth).max() < 1.5  # the season is found


def test_all_kinds_of_frames_say_the_same(shop):
    made = shop.forecast(horizon=3)
    table = made.to_pandas()
    assert made.to_polars()["mean"].to_list() == table["mean"].tolist()
    assert made.to_arrow()["mean"].to_pylist() == table["mean"].tolist()


def test_files_and_frames_are_one(tmp_path, sales, shop):
    sales.to_csv(tmp_path / "sales.csv", index=False)
    other = skua.Shop.create(tmp_path / "other", progress=False)
    other.ingest(tmp_path / "sales.csv", "sales", map={"item": "unique_id", "ds": "ds", "units": "y"})
    first, second = shop.forecast(horizon=5).to_pandas(), other.forecast(horizon=5).to_pandas()
    pandas.testing.assert_frame_equal(first, second)


def test_a_setting_of_a_call_ends_with_the_call(shop):
    assert len(shop.forecast(horizon=2).to_pandas()) == 12
    assert len(shop.forecast().to_pandas()) == 6 * 28


def test_a_setting_of_the_shop_stays(shop):
    stays = skua.Shop(shop.folder, progress=False, horizon=4)
    assert len(stays.forecast().to_pandas()) == 24
    assert [s["value"] for s in stays.settings()["settings"] if s["key"] == "horizon"] == ["4"]


def test_errors_are_the_library_s_sentences(tmp_path, shop):
    with pytest.raises(skua.StorageError, match="nowhere"):
        skua.Shop(tmp_path / "nowhere")
    with pytest.raises(skua.ArgumentError, match="horizon"):
        shop.forecast(horizon="tomorrow")
    with pytest.raises(skua.ArgumentError, match="horizon"):  # the nearest name is told
        shop.forecast(horizn=3)
    with pytest.raises(skua.StorageError):
        shop.ingest(tmp_path / "missing.csv", "sales")
    assert issubclass(skua.DataError, ValueError)


def test_progress_is_told_and_its_failure_is_raised(shop):
    stages = []
    shop.progress = lambda stage, done, total: stages.append((stage, done, total))
    shop.train(horizon=7, models=["seasonal-naive", "ets"])
    assert stages and all(total >= done >= 0 for _, done, total in stages)

    def fail(stage, done, total):
        raise RuntimeError("a plot that broke")

    shop.progress = fail
    with pytest.raises(RuntimeError, match="a plot that broke"):
        shop.train(horizon=7, models=["seasonal-naive", "ets"])


def test_two_threads_share_a_shop(shop):
    results = {}

    def work(name):
        results[name] = shop.forecast(horizon=4).to_pandas()["mean"].tolist()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results[0] == results[1] and len(results[0]) == 24


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_is_refused_with_a_sentence(shop):
    shop.show()
    child = os.fork()
    if child == 0:
        try:
            shop.show()
        except skua.InternalError as error:
            os._exit(7 if "fork" in str(error) else 8)
        except BaseException:
            os._exit(9)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


CTRL_C = """
import sys, time, skua
shop = skua.Shop(sys.argv[1], progress=lambda *_: print("working", flush=True))
try:
    while True:
        shop.train(horizon=7, preset="best", windows=8)
except KeyboardInterrupt:
    print("interrupted", flush=True)
print("series", shop.show()["panel"]["series"])
"""


def test_ctrl_c_stops_a_verb_and_the_shop_is_whole(shop):
    process = subprocess.Popen(
        [sys.executable, "-c", CTRL_C, str(shop.folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip() == "working"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert "interrupted" in out and "series 6" in out and process.returncode == 0
    assert shop.forecast(horizon=2).report["series"] == 6


def test_simulate(tmp_path):
    report = skua.simulate(tmp_path / "made", items=5, days=60, seed=2, progress=False)
    assert report["verb"] == "simulate"
    assert (tmp_path / "made").is_dir()
