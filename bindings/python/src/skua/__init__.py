"""skua: demand forecasting for online shops.

    import skua
    model = skua.Forecaster(horizon=28).fit(sales)      # a frame with unique_id, ds, y
    model.predict()                                      # mean and quantiles, a row a series and period

    shop = skua.Shop.create("myshop")                    # the whole workspace, as on the command line
"""

from ._library import (
    ArgumentError,
    DataError,
    ForeignError,
    InternalError,
    NumericalError,
    ResourceError,
    SkuaError,
    StorageError,
    library as _get_library,
)
from .forecaster import Forecaster
from .plot import plot
from .shop import Forecast, Shop, simulate

__all__ = [
    "ArgumentError",
    "DataError",
    "Forecast",
    "Forecaster",
    "ForeignError",
    "InternalError",
    "NumericalError",
    "ResourceError",
    "Shop",
    "SkuaError",
    "StorageError",
    "plot",
    "simulate",
    "version",
]


def version() -> str:
    """The version of the library that is running."""
    text: bytes = _get_library().skua_version()
    return text.decode()
