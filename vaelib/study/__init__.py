"""What to run, what of it is missing, and where it runs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "cluster",
        "cluster_worker",
        "executors",
        "expectation",
        "fields",
        "interruption",
        "notebook",
        "own_activations",
        "parameters",
        "processes",
        "progress",
        "publish",
        "report",
        "runner",
        "study",
        "tasks",
        "time_limit",
        "transport",
        "worker",
        "workspace",
        "yaml_file",
    ],
)
