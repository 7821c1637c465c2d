"""Plant small faults in the code, one at a time, and see whether the tests notice them.

    make mutants CODE=vaelib/analysis/race.py SAMPLE=50

Cosmic Ray makes the faults: another operator, another number, a condition turned around. A
place in the code is drawn, then one of its faults, so that places with many do not dominate.
Type annotations and `strict` of `zip`, which only asserts, are left out: no test could notice.
The tests of the module run first, then those of its package that import it. What survives is
printed; the exit code is 1 where less than 90 % were found of those that `EQUIVALENT` does not
name.
"""

import argparse
import ast
import concurrent.futures
import dataclasses
import functools
import itertools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # which `make mutants` installs
    from cosmic_ray.work_item import MutationSpec

ROOT = Path(__file__).parents[1]
CODE = (
    "vaelib/models",
    "vaelib/training",
    "vaelib/results",
    "vaelib/analysis",
    "vaelib/metrics.py",
    "vaelib/study/blocks.py",
    "vaelib/study/runner.py",
    "vaelib/study/submissions.py",
    "vaelib/study/tasks.py",
    "vaelib/study/worker.py",
    "vaelib/study/workspace.py",
)
INDIRECT = {"vaelib/study/submissions.py": "tests/study/test_runner.py"}
EQUIVALENT = Path(__file__).with_name("mutants.toml")
AIM = 0.9
LONGEST = 600  # seconds of the tests of a fault: what takes longer counts as found


@dataclasses.dataclass(frozen=True)
class Result:
    """A fault, and whether tests noticed it.

    Attributes
    ----------
    module : str
    found : bool
    before, after : str
        The line.
    """

    module: str
    found: bool
    before: str
    after: str

    @property
    def text(self) -> str:
        """Two lines to look for it by."""
        return f"{self.module}\n  - {self.before}\n  + {self.after}"


def planted(modules: list[str], number: int, seed: int) -> list["MutationSpec"]:
    """Draw faults: a place each, then one of the faults that are possible there."""
    from cosmic_ray.commands import init
    from cosmic_ray.work_db import use_db

    with tempfile.TemporaryDirectory() as folder, use_db(f"{folder}/all.sqlite") as database:
        init([Path(module) for module in modules], database, {})
        specs = [item.mutations[0] for item in database.work_items]
    places = defaultdict(list)
    for spec in sorted(specs, key=lambda one: (one.start_pos, one.operator_name, one.occurrence)):
        if not silent(str(spec.module_path), spec.start_pos):
            places[str(spec.module_path), spec.start_pos, spec.end_pos].append(spec)
    chance = random.Random(seed)
    drawn = chance.sample(sorted(places), min(number, len(places)))
    return [chance.choice(places[place]) for place in drawn]


def silent(module: str, position: tuple[int, int]) -> bool:
    """Return whether a fault in a place changes nothing."""
    return any(start <= position <= end for start, end in silent_places(module))


@functools.cache
def silent_places(module: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return where type annotations, and values of `strict`, begin and end in a module."""
    found = []
    for node in ast.walk(ast.parse(Path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.keyword) and node.arg == "strict":
            found.append(node.value)
    ends = [one for one in found if one is not None]
    return [((o.lineno, o.col_offset), (o.end_lineno, o.end_col_offset)) for o in ends]


def tests_of(module: str) -> list[str]:
    """Return the tests of a module: its own, then others of its package that import it."""
    path = Path(module)
    folder = Path("tests", *path.parts[1:-1])
    own = folder / f"test_{path.name}"
    imported = re.compile(rf"^(?:from|import) .*\b{path.stem}\b", re.MULTILINE)
    others = (
        one.relative_to(ROOT)
        for one in sorted((ROOT / folder).glob("test_*.py"))
        if imported.search(one.read_text(encoding="utf-8"))
    )
    found = [str(one) for one in dict.fromkeys([own, *others]) if (ROOT / one).exists()]
    return found or [str(INDIRECT.get(module, folder))]


def tried(tree: Path, specs: list["MutationSpec"]) -> list[Result]:
    """Plant faults in a copy of the project; run in a process of its own."""
    from cosmic_ray.mutating import mutate_and_test
    from cosmic_ray.work_item import TestOutcome

    os.chdir(tree)
    os.environ |= {"PYTHONPATH": str(tree), "TF_CPP_MIN_LOG_LEVEL": "3"}
    results = []
    for spec in specs:
        module = str(spec.module_path)
        options = "-x -q -n 0 -p no:cacheprovider"
        command = f"{sys.executable} -m pytest {options} {' '.join(tests_of(module))}"
        outcome = mutate_and_test([spec], command, LONGEST)
        if outcome.diff is None:
            raise RuntimeError(outcome.output)
        before, after = (changed(outcome.diff, sign) for sign in "-+")
        result = Result(module, outcome.test_outcome != TestOutcome.SURVIVED, before, after)
        print("." if result.found else f"\nsurvived: {result.text}", flush=True)
        results.append(result)
    return results


def changed(diff: str, sign: str) -> str:
    """Return the text of the lines that a diff takes away, or adds."""
    lines = [line for line in diff.splitlines() if line[:1] == sign and line[:3] != 3 * sign]
    return " ".join(line[1:].strip() for line in lines)


def copied(trees: list[Path]) -> None:
    """Copy what git knows, or would, to each of some folders."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    for tree, name in itertools.product(trees, listed.stdout.splitlines()):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, tree / name)


def main() -> int:
    """Plant faults, print what survived, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("code", nargs="*", default=CODE, help="modules, or folders of them")
    parser.add_argument("--sample", type=int, default=200, help="how many faults")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.chdir(ROOT)
    paths = [Path(name) for name in options.code]
    modules = {one for path in paths for one in ([path] if path.is_file() else path.rglob("*.py"))}
    specs = planted(sorted(map(str, modules)), options.sample, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder, str(n)) for n in range(os.cpu_count() or 1)]
        copied(trees)
        with concurrent.futures.ProcessPoolExecutor(len(trees)) as pool:
            parts = pool.map(tried, trees, [specs[n :: len(trees)] for n in range(len(trees))])
            results = [result for part in parts for result in part]
    return report(results)


def report(results: list[Result]) -> int:
    """Print a table by module; return 1 where too few faults were found."""
    named = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))["equivalent"]
    known = {(one["module"], one["before"], one.get("after")) for one in named}
    counted = [
        one
        for one in results
        if not {(one.module, one.before, after) for after in (one.after, None)} & known
    ]
    print(f"\n{'':44}{'faults':>8}{'found':>8}")
    for module in [*sorted({one.module for one in counted}), ""]:
        own = [one for one in counted if module in ("", one.module)]
        print(f"{module or 'all':44}{len(own):8}{sum(one.found for one in own):8}")
    share = sum(one.found for one in counted) / len(counted)
    print(f"{share:.1%} found; {len(results) - len(counted)} others change nothing")
    return int(share < AIM)


if __name__ == "__main__":
    sys.exit(main())
