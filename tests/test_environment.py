"""One list of dependencies in three files, and a Makefile that explains itself."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from commands import wait_for
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK = (ROOT / "requirements.lock").read_text()
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
# conda-forge's names for what PyPI calls otherwise.
CONDA_NAMES = {"matplotlib": ["matplotlib-base"], "dask": ["dask", "distributed"]}


def direct() -> list[Requirement]:
    listed = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    return [Requirement(line) for line in listed]


def test_environment_yml_has_the_same_direct_dependencies():
    expected = {
        f"{name}{requirement.specifier}"
        for requirement in direct()
        for name in CONDA_NAMES.get(requirement.name, [requirement.name])
    }
    *plain, by_pip = CONDA["dependencies"]
    assert by_pip["pip"][-1] == "--editable=."
    listed = {*plain, *by_pip["pip"][:-1]}
    python = ",".join(sorted(PROJECT["requires-python"].split(","), reverse=True))
    assert listed == expected | {f"python{python}", "pip"}


def test_environment_yml_gives_a_reason_for_each():
    lines = (ROOT / "environment.yml").read_text().splitlines()
    entries = [line for line in lines if re.match(r" +- (?!conda-forge|python>|pip:|--)", line)]
    assert len(entries) > 20
    assert [line for line in entries if not re.search(r" # \w.{3,}", line)] == []


@pytest.mark.parametrize("requirement", direct(), ids=str)
def test_the_lock_pins_each_direct_dependency_as_allowed(requirement):
    name = re.escape(requirement.name)
    pinned = re.findall(rf"^{name}(?:\[[^]]*\])?==([^\s;]+)", LOCK, re.MULTILINE)
    assert pinned
    assert all(requirement.specifier.contains(version) for version in pinned)


def test_the_lock_is_exact_hashed_and_names_no_address():
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", LOCK, flags=re.MULTILINE))
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry
    assert "://" not in LOCK
    assert not re.search(r"--(extra-)?index|--find-links", LOCK)


def test_the_lock_is_for_linux_and_macos():
    assert "sys_platform == 'darwin'" in LOCK
    assert "sys_platform == 'linux'" in LOCK
    assert "win32" not in LOCK


def test_make_help_is_the_default_and_explains_every_target():
    makefile = (ROOT / "Makefile").read_text()
    assert len(makefile.splitlines()) <= 60
    command = ["make", "--no-print-directory"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE).group(1).split()
    assert [line.split()[1] for line in shown.splitlines()] == targets
    assert all(len(line.split()) > 3 for line in shown.splitlines())


@pytest.fixture(autouse=True)
def no_make_around(monkeypatch):
    """Forget that `make test` runs these tests: a make below another speaks differently."""
    for name in ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "REPORTS", "STUDY"):
        monkeypatch.delenv(name, raising=False)


def stand_in(folder: Path, name: str, script: str) -> None:
    """Make a folder where the environment is ready and a program of it is a shell script."""
    program = folder / ".venv" / ("" if "/" in name else "bin") / name
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    for copied in ("Makefile", "requirements.lock"):
        shutil.copy(ROOT / copied, folder)
    (folder / ".venv" / ".made-from-lock").touch()


@pytest.fixture
def given_to_python(tmp_path):
    """Call `make report`; return the arguments that a stand-in for Python writes down."""
    stand_in(tmp_path, "python", f'printf "%s\\n" "$@" > "{tmp_path}/arguments"')

    def call(*variables: str) -> list[str]:
        subprocess.run(["make", "report", *variables], cwd=tmp_path, check=True)
        return (tmp_path / "arguments").read_text().splitlines()

    return call


@pytest.mark.parametrize(
    ("variable", "argument"),
    [
        ("STUDY=my study.yml", "my study.yml"),
        ("REPORTS=a b", "a b"),
        ('DATASET=it\'s (1) [x] "q"; & | * ~ #%.npz', None),
        ("ACTIVATIONS=[relu, tanh]", None),
        ("MARGINS={elbo: 2, mse: 1}", None),
        ("NAME=a=b c=d", None),
        ("DATASET=$(shell touch made) `touch made` $$(touch made); touch made", None),
        ("""NAME="; touch made; '; touch made #""", None),
        ("STUDY=$(shell touch made)", "$(shell touch made)"),
        ("REPORTS=`touch made` $x", "`touch made` $x"),
    ],
)
def test_variables_of_make_may_have_any_character(tmp_path, given_to_python, variable, argument):
    """And neither make nor a shell runs what is in them."""
    arguments = given_to_python(variable, "EPOCHS=3")
    assert {argument or variable, "EPOCHS=3"} <= set(arguments)
    assert len(arguments) == 7 + (argument is None)
    assert not (tmp_path / "made").exists()


def test_the_device_is_no_field_and_given_by_the_command_alone(given_to_python, monkeypatch):
    monkeypatch.setenv("DEVICE", "of another program")
    assert "--device" not in given_to_python("EPOCHS=3")
    assert given_to_python("DEVICE=g pu")[4:7] == ["--device", "g pu", "--"]


def test_variables_of_make_about_a_cluster_are_no_fields(given_to_python):
    arguments = given_to_python("SCHEDULER=tcp://a b:1", "SHARED_FOLDER=no", "EPOCHS=3")
    options = ["--scheduler", "tcp://a b:1", "--shared-folder", "no", "--"]
    assert arguments[4:] == [*options, "studies/default.yml", "EPOCHS=3"]
    assert "--shared-folder" not in given_to_python("EPOCHS=3")


def test_a_signal_to_make_reaches_the_command(tmp_path):
    """As a batch system ends what it started."""
    script = "trap 'touch ended; kill $!; exit' TERM; touch begun; sleep 1000 & wait"
    stand_in(tmp_path, "python", script)
    with subprocess.Popen(["make", "report"], cwd=tmp_path, stderr=subprocess.PIPE) as make:
        wait_for((tmp_path / "begun").exists)
        make.terminate()
    wait_for((tmp_path / "ended").exists)


@pytest.mark.parametrize(
    ("target", "variables"),
    [
        ("bench", ["IMAGES=$(shell touch made)`touch made`; touch made", "ROUNDS=; touch made"]),
        ("validate", ["IMAGES=$(shell touch made)`touch made`; touch made", "ONLY=; touch made"]),
        ("mutants", ["CODE=$(shell touch made)`touch made`; touch made", "SAMPLE=; touch made"]),
    ],
)
def test_variables_of_other_targets_reach_no_shell(tmp_path, target, variables):
    stand_in(tmp_path, "python", f'printf "%s\\n" "$@" >> "{tmp_path}/arguments"')
    command = ["make", target, f"PYTHON={tmp_path}/.venv/bin/python", *variables]
    subprocess.run(command, cwd=tmp_path, check=True)
    values = {variable.partition("=")[2] for variable in variables}
    assert values <= set((tmp_path / "arguments").read_text().splitlines())
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("found", "code", "line"),
    [
        ("echo 'No known vulnerabilities found' >&2", 0, "audit: No known vulnerabilities found"),
        ("echo 'numpy 1.0 X-1'; echo 'Found 1' >&2; exit 1", 2, "audit: Found 1"),
        (r"printf 'Traceback:\n  at x\nno network\n' >&2; exit 1", 2, "audit: no network"),
    ],
)
def test_an_audit_ends_with_a_line(tmp_path, found, code, line):
    """Where it cannot look anything up, too, whatever its tool prints then."""
    stand_in(tmp_path, "audit/bin/pip-audit", f"[ $1 = --version ] || {{ {found}; }}")
    done = subprocess.run(["make", "audit"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code
    first, *others = done.stderr.splitlines()
    assert first == line
    assert all(other.startswith("make: ***") for other in others)


def test_an_audit_whose_tool_cannot_be_installed_ends_with_a_line(tmp_path):
    fails = "if [ $2 = venv ]; then echo 'Retrying'; echo 'ERROR: no pip-audit' >&2; exit 1; fi"
    stand_in(tmp_path, "python", fails)
    done = subprocess.run(["make", "audit"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "audit: ERROR: no pip-audit"
