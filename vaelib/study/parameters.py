"""Parameters of the training notebook, checked as the fields of a study are."""

from collections.abc import Mapping

from vaelib.exceptions import StudyError
from vaelib.models import activations
from vaelib.study.blocks import notebook_fields
from vaelib.study.study import Study


class ParameterError(StudyError):
    """A parameter that is not allowed; a notebook shows its one line, and no traceback."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows in place of a traceback."""
        return [str(self)]


def checked(values: Mapping) -> dict:
    """Return the parameters of the training notebook as a study has them.

    A single number becomes a list where a list is meant, as in a YAML file.

    Parameters
    ----------
    values : mapping
        By name; what is no parameter is left out.

    Returns
    -------
    dict

    Raises
    ------
    ParameterError
        Naming the first wrong parameter, its value and what is allowed.
    """
    names = notebook_fields()
    try:
        # A function of one's own is no field of a study, which runs in other processes.
        activation = activations.get(values["activation"]).name
        study = Study.create(**{name: values[name] for name in names})
    except ValueError as error:
        raise ParameterError(str(error)) from None
    if len(study.dataset) > 1:
        raise ParameterError(f"dataset: {study.dataset} is a list; allowed: one data set")
    parameters = study.model_dump(include=set(names))
    return {**parameters, "activation": activation, "dataset": study.dataset[0]}
