"""Parameters of the training notebook, checked as the fields of a study are."""

from collections.abc import Mapping

from vaelib.exceptions import StudyError
from vaelib.models import activations
from vaelib.models.function_files import FunctionFile
from vaelib.study import own_activations
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
        With ``own_activations``, the texts of the files that activations come from.

    Raises
    ------
    ParameterError
        Naming the first wrong parameter, its value and what is allowed.
    """
    names = notebook_fields()
    try:
        given = _defined(values)
        # A function registered by hand is no field of a study, which runs in other processes.
        activation = activations.get(given.pop("activation")).name
        study = Study.create(**{name: given[name] for name in (*names, "own_activations")})
    except ValueError as error:
        raise ParameterError(str(error)) from None
    if len(study.dataset) > 1:
        raise ParameterError(f"dataset: {study.dataset} is a list; allowed: one data set")
    parameters = study.model_dump(include={*names, "own_activations"})
    return {**parameters, "activation": activation, "dataset": study.dataset[0]}


def _defined(values: Mapping) -> dict:
    """Return the values with names in the place of files; a changed file is read again."""
    earlier = values.get("own_activations", {})
    kept = {
        name: text for name, text in earlier.items() if not FunctionFile.parse(name).path.is_file()
    }
    found = own_activations.defined(
        {
            "activations": [values["activation"]],
            "decoder_activation": values["decoder_activation"],
            "own_activations": kept,
        }
    )
    return {
        **values,
        "activation": found["activations"][0],
        "decoder_activation": found["decoder_activation"],
        "own_activations": found["own_activations"],
    }
