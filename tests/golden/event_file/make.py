"""An event file by TensorBoard's own writer, which the test writes again byte for byte; the numbers
are what TensorBoard's reader finds in it.
    python make.py    (tensorboard)"""
import pathlib

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

here = pathlib.Path(__file__).parent
path = here / "events.out.tfevents.1700000000.golden"
points = [("train-loss", 0, 0.75), ("train-loss", 10, 0.5), ("learning-rate", 10, 1e-3), ("train-loss", 300, 0.1),
          ("größe/校验", 2**40, -1.5), ("zero", 7, 0.0), ("negative", -3, 2.0)]
with open(path, "wb") as stream:
    writer = RecordWriter(stream)
    writer.write(event_pb2.Event(wall_time=1700000000.25, file_version="brain.Event:2").SerializeToString())
    for i, (tag, step, value) in enumerate(points):
        summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=tag, simple_value=value)])
        writer.write(event_pb2.Event(wall_time=1700000001.5 + i, step=step, summary=summary).SerializeToString())
    writer.flush()
reader = EventAccumulator(str(path))
reader.Reload()
seen = {(tag, s.step): s.value for tag in reader.Tags()["scalars"] for s in reader.Scalars(tag)}
assert len(seen) == len(points), seen
with open(here / "points.csv", "w") as out:
    print("tag,step,value", file=out)
    for tag, step, _ in points:
        print(f"{tag},{step},{seen[tag, step]:.17g}", file=out)
