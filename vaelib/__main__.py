"""Make a report: ``python -m vaelib studies/default.yml epochs=5 seeds=3``."""

import argparse
import os
import sys

from vaelib.exceptions import RunError, StudyError
from vaelib.study import interruption
from vaelib.study.notebook import import_quickly


def main(arguments: list[str] | None = None) -> int:
    """Run a study; return the exit code: 1 for failed runs, 2 for bad input.

    After a signal 128 and its number, as shells do: 130 after Ctrl-C, 143 after SIGTERM.
    """
    try:
        with interruption.raised():
            return _make_report(arguments)
    except interruption.Interrupted as signal:
        interruption.say()
        return signal.exit_code


def _make_report(arguments: list[str] | None) -> int:
    import_quickly()
    parser = argparse.ArgumentParser(prog="python -m vaelib", description=__doc__)
    parser.add_argument("study", help="a YAML file, as under studies/")
    parser.add_argument("override", nargs="*", help="field=value, in the place of the file's")
    parser.add_argument("--reports", default="reports", help="folder of the reports")
    parser.add_argument("--scheduler", help="address of a dask scheduler to run on")
    parser.add_argument("--shared-folder", help="no: its workers do not see the reports")
    parser.add_argument(
        "--no-shared-folder",
        dest="shared_folder",
        action="store_const",
        const="no",
        help="the same: images and results travel",
    )
    parser.add_argument("--device", default="cpu", help="cpu, or gpu: a notebook on each")
    options = parser.parse_args(arguments)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        print(f"error: KERAS_BACKEND: {backend!r} is set; allowed: 'tensorflow'", file=sys.stderr)
        return 2
    if options.shared_folder not in (None, "yes", "no"):
        shown = repr(options.shared_folder)
        print(f"error: shared_folder: {shown} is not allowed; allowed: yes or no", file=sys.stderr)
        return 2
    # Seconds of imports, in which a signal ends the command as it does later.
    from vaelib.reporting import index
    from vaelib.study.progress import wrapped
    from vaelib.study.runner import run_study
    from vaelib.study.study import Study

    try:
        study = Study.from_yaml(options.study, **_overrides(options.override))
        page = run_study(
            study,
            options.reports,
            scheduler=options.scheduler,
            shared_folder=options.shared_folder != "no",
            device=options.device,
        )
    except (StudyError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(wrapped(str(index.answer(page.parent))))
    print(f"report: {page.as_uri()}")
    return 0


def _overrides(assignments: list[str]) -> dict:
    """Read ``FIELD=value`` with YAML's values; capitals as make users write them.

    Sources of images are text, whatever characters they have, but for a list.
    """
    import yaml

    from vaelib.study import yaml_file

    fields = {}
    for assignment in assignments:
        field, equals, value = assignment.partition("=")
        if not equals:
            raise StudyError(f"{assignment!r} is not an override; allowed: field=value")
        if field.lower() == "dataset" and not (value.startswith("[") and value.endswith("]")):
            fields["dataset"] = value
            continue
        try:
            fields[field.lower()] = yaml_file.read(value)
        except (yaml.YAMLError, ValueError):
            raise StudyError(f"{field.lower()}: {value!r} is not a value; allowed: YAML") from None
    return fields


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # at once: libraries take seconds to be unloaded
