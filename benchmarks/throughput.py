"""Images per second of this project's `fit` and of the usual alternatives.

    python benchmarks/throughput.py --images mnist --rounds 5

Every contender runs in processes of its own, which wait while others are measured.
In every round each trains two epochs, in one process and then in as many as there
are cores; the second epoch counts, as the first one fills memory and caches.
Prints tables and writes ``results.csv`` beside this file.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import pandas as pd
from contenders import CONVOLUTIONAL, CONVOLUTIONS, DENSE, NETWORKS

RESULTS = Path(__file__).with_name("results.csv")
SETTINGS = [("784-128-64-32-16", 32), ("784-128-64-32-16", 128), ("784-400-20", 128)]
ONE_THREAD = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
# NumPy's OpenBLAS does not recognise new processors, and then runs at half their speed.
WIDE = Path("/proc/cpuinfo").is_file() and "avx512f" in Path("/proc/cpuinfo").read_text()
SETTINGS_OF = {"floor, AVX-512": {"OPENBLAS_CORETYPE": "SkylakeX"} if WIDE else {}}


class Worker:
    """A process that trains an epoch on request."""

    def __init__(self, contender: str, *arguments):
        arguments = (contender, *arguments)
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **dict.fromkeys(ONE_THREAD, "1"), **SETTINGS_OF.get(contender, {})},
        )

    def start(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def answer(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"a contender died: {' '.join(self.process.args)}")
        return json.loads(line)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def work(contender: str, network: str, batch: int, source: str) -> None:
    """Serve as a worker: warm up, then an epoch for each line on standard input."""
    from vaelib import load_images

    images = load_images(source).train
    train = {**DENSE, **CONVOLUTIONAL}[contender]
    epoch = train(images, {**NETWORKS, **CONVOLUTIONS}[network], batch)
    started = time.perf_counter()
    epoch()
    first = time.perf_counter() - started
    print(json.dumps({"first": first, "images": len(images)}), flush=True)
    for _ in sys.stdin:
        epoch()
        started = time.perf_counter()
        epoch()
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"seconds": seconds, "peak": peak}), flush=True)


def measure(
    contenders: Iterable[str], network: str, batch: int, source: str, rounds: int, cores: int
) -> pd.DataFrame:
    """Return a row for each contender, number of processes and round."""
    workers, ready = {}, {}
    for name in contenders:
        workers[name] = []
        for _ in range(cores):  # one after another, so that each compiles undisturbed
            worker = Worker(name, network, batch, source)
            ready[name] = worker.answer()
            workers[name].append(worker)
    rows = []
    for round_number in range(rounds):
        for processes in sorted({1, cores}):
            for name, group in workers.items():
                for worker in group[:processes]:
                    worker.start()
                answers = [worker.answer() for worker in group[:processes]]
                images = ready[name]["images"]
                rows.append(
                    {
                        "network": network,
                        "batch": batch,
                        "processes": processes,
                        "contender": name,
                        "round": round_number,
                        "images_per_second": sum(images / a["seconds"] for a in answers),
                        "first_epoch_seconds": ready[name]["first"],
                        "epoch_seconds": answers[0]["seconds"],
                        "peak_mib": max(a["peak"] for a in answers),
                    }
                )
    for group in workers.values():
        for worker in group:
            worker.stop()
    return pd.DataFrame(rows)


def summarize(table: pd.DataFrame) -> pd.DataFrame:
    """Return medians and ranges over rounds, and ratios taken within each round."""
    keys = ["network", "batch", "processes"]
    speed = table.pivot_table(
        index=[*keys, "round"], columns="contender", values="images_per_second"
    )
    rows = []
    for key, group in speed.groupby(level=keys):
        here = table.set_index(keys).loc[key].set_index("contender")
        for name in here.index.unique():
            own = here.loc[[name]]
            ratio = group["vaelib fit"] / group[name]
            share = group[name] / group[["floor", "floor, AVX-512"]].max(axis=1)
            compiling = own["first_epoch_seconds"].median() - own["epoch_seconds"].median()
            rows.append(
                dict(zip(keys, key, strict=True))
                | {"contender": name}
                | _spread("images_per_second", group[name])
                | _spread("vaelib_ratio", ratio)
                | _spread("share_of_floor", share)
                | {
                    "compile_seconds": max(0.0, compiling) if "fit" in name else 0.0,
                    "peak_mib": own["peak_mib"].max(),
                }
            )
    return pd.DataFrame(rows)


def _spread(name: str, values: pd.Series) -> dict[str, float]:
    return {name: values.median(), f"{name}_min": values.min(), f"{name}_max": values.max()}


def machine() -> str:
    """Describe the processor and the libraries."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = names[0].partition(":")[2].strip() if names else processor
    packages = ("tensorflow", "keras", "torch", "numpy")
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    return f"{os.cpu_count()} cores of {processor}, Python {platform.python_version()}, {libraries}"


def show(summary: pd.DataFrame) -> None:
    """Print a table in Markdown for each network, batch size and number of processes."""
    for (network, batch, processes), rows in summary.groupby(
        ["network", "batch", "processes"], sort=False
    ):
        print(f"\n{network}, batch {batch}, {processes} process(es) of one thread\n")
        print(
            "| | images/s: median (range) | vaelib is faster by | of the floor | compile | peak |"
        )
        print("|---|---|---|---|---|---|")
        for row in rows.itertuples():
            cells = [
                row.contender,
                f"{row.images_per_second:,.0f} ({row.images_per_second_min:,.0f} "
                f"to {row.images_per_second_max:,.0f})",
                f"{row.vaelib_ratio:.2f} ({row.vaelib_ratio_min:.2f} "
                f"to {row.vaelib_ratio_max:.2f})",
                f"{row.share_of_floor:.0%}",
                f"{row.compile_seconds:.1f} s",
                f"{row.peak_mib:,.0f} MiB",
            ]
            print(f"| {' | '.join(cells)} |")


def compare(
    contenders: Iterable[str],
    settings: Iterable[tuple[str, int]],
    source: str,
    rounds: int,
    results: Path,
) -> None:
    """Measure networks and batch sizes; print the tables and write the summary."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    tables = [measure(contenders, *setting, source, rounds, cores) for setting in settings]
    summary = summarize(pd.concat(tables))
    summary["images"], summary["machine"] = Path(source).stem, machine()
    summary.to_csv(results, index=False, float_format="%.5g")
    print(f"{summary['machine'].iloc[0]}; images of {summary['images'].iloc[0]}")
    show(summary)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", default="mnist5k", help="as in vaelib.load_images")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        contender, network, batch, source = options.worker
        work(contender, network, int(batch), source)
        return
    compare(DENSE, SETTINGS, options.images, options.rounds, RESULTS)


if __name__ == "__main__":
    main()
