"""The tour as CI executes it, and what an interrupt does in a kernel."""

import pathlib
import time

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

TOUR = pathlib.Path(__file__).parent.parent / "tour.ipynb"


def test_the_tour_runs(tmp_path):
    notebook = nbformat.read(TOUR, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # kept without
    nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = " ".join(
        output.get("text", "") + str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )
    assert "q90" in shown and "combination" in shown and "did you mean" in shown and "2 rows repeat" in shown


LONG = """
import skua
shop = skua.Shop({shop!r})
print("ready", flush=True)
while True:
    shop.train(horizon=7, preset="best", windows=8)
"""


def test_interrupt_stops_a_cell(tmp_path, sales):
    import skua
    from jupyter_client.manager import start_new_kernel

    shop = skua.Shop.create(tmp_path / "shop", progress=False)
    shop.ingest(sales, "sales")
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        asked = client.execute(LONG.format(shop=str(shop.folder)))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            message = client.get_iopub_msg(timeout=60)
            if "ready" in message["content"].get("text", ""):
                break
        time.sleep(1)
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=60)
        while reply["parent_header"]["msg_id"] != asked:
            reply = client.get_shell_msg(timeout=60)
        assert reply["content"]["status"] == "error" and reply["content"]["ename"] == "KeyboardInterrupt"
        client.execute("print(shop.show()['panel']['series'])", reply=True, timeout=60)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert shop.forecast(horizon=2).report["series"] == 6
