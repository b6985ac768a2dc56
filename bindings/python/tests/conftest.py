import datetime
import math

import pytest

pandas = pytest.importorskip("pandas")


def make_sales(series=6, days=140):
    """A frame with a weekly season whose truth is known by eye."""
    start = datetime.datetime(2024, 1, 1)
    rows = [
        (f"商品-{s}", start + datetime.timedelta(days=d), float(20 + 5 * s + 8 * math.sin(2 * math.pi * d / 7)))
        for s in range(series)
        for d in range(days)
    ]
    return pandas.DataFrame(rows, columns=["unique_id", "ds", "y"])


@pytest.fixture
def sales():
    return make_sales()
