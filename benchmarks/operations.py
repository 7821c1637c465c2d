"""Where a training step's time goes, by operation.

    python benchmarks/operations.py --images mnist5k

Profiles one epoch of `fit` on the reference network (batches of 32) with
TensorFlow's profiler, and looks up TensorFlow's name of every operation in XLA's
compiled program. Prints a table and writes ``operations.csv``.
"""

import argparse
import re
import tempfile
from pathlib import Path

import pandas as pd
from contenders import NETWORKS

from vaelib import VAE, load_images
from vaelib.backend import keras, tf
from vaelib.models import input_pipeline

RESULTS = Path(__file__).with_name("operations.csv")
BATCH = 32
# Patterns of the names that TensorFlow gives to operations; the first match counts.
CATEGORIES = {
    "Adam's pass": "/adam/",
    "matrix products, forward": r"^while/.*MatMul",
    "matrix products, backward": r"gradient_tape.*MatMul",
    "gathering the mini-batch": "Gather",
    "activations, likelihood, KL, biases": "",
}


def compiled_names(vae: VAE, images) -> dict[str, str]:
    """Return TensorFlow's name of every operation in the compiled step."""
    feed = input_pipeline.training_feed(vae, images, BATCH)
    block = feed.block(int(next(iter(feed.numbers()))))
    step = vae._compiled("_update")
    block = {key: tf.constant(value) for key, value in block.items()}
    program = step.experimental_get_compiler_ir(block)(stage="optimized_hlo")
    pattern = re.compile(r'^\s*(?:ROOT )?%(\S+) = .*?(?:op_name="([^"]*)".*)?$', re.MULTILINE)
    return {name: source or "" for name, source in pattern.findall(program)}


def profiled_epoch(vae: VAE, images) -> tuple[pd.Series, float]:
    """Return milliseconds of every event on the host, and of the whole program."""
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tempfile.TemporaryDirectory() as folder:
        options = tf.profiler.experimental.ProfilerOptions(host_tracer_level=3)
        with tf.profiler.experimental.Profile(folder, options=options):
            vae.fit(images, batch_size=BATCH, verbose=0)
        space = xplane_pb2.XSpace()
        space.ParseFromString(next(Path(folder).rglob("*.xplane.pb")).read_bytes())
    events = [
        (plane.event_metadata[event.metadata_id].name, event.duration_ps / 1e9)
        for plane in space.planes
        for line in plane.lines
        for event in line.events
    ]
    table = pd.DataFrame(events, columns=["event", "ms"]).groupby("event")["ms"].sum()
    return table, table["CpuExecutable::ExecuteAsyncOnStream"]


def category(source: str) -> str:
    """Return the category of an operation from TensorFlow's name of it."""
    return next(name for name, pattern in CATEGORIES.items() if re.search(pattern, source))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", default="mnist5k", help="as in vaelib.load_images")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    images = load_images(options.images).train
    vae = VAE(images.shape[1:], "relu", **NETWORKS["784-128-64-32-16"])
    vae.compile(optimizer=keras.optimizers.Adam(1e-3))
    vae.fit(images, batch_size=BATCH, verbose=0)
    names = compiled_names(vae, images)
    steps = -(-len(images) // BATCH)
    rounds = []
    for _ in range(options.rounds):
        events, whole = profiled_epoch(vae, images)
        known = events[events.index.isin(names)]
        by_category = known.groupby([category(names[event]) for event in known.index]).sum()
        by_category["between operations"] = whole - known.sum()
        rounds.append(1000 * by_category / steps)
    rounds = pd.DataFrame(rounds)
    table = pd.DataFrame(
        {
            "microseconds_a_step": rounds.median(),
            "min": rounds.min(),
            "max": rounds.max(),
            "share": rounds.div(rounds.sum(axis=1), axis=0).median(),
        }
    ).sort_values("share", ascending=False)
    table.rename_axis("operation").to_csv(RESULTS, float_format="%.4g")
    for name, row in table.iterrows():
        spread = f"({row['min']:.0f} to {row['max']:.0f})"
        print(f"{name:>36} {row['microseconds_a_step']:7.0f} us {spread:>14} {row['share']:6.1%}")


if __name__ == "__main__":
    main()
