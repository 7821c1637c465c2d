"""Read the fields of a study from a YAML file."""

from pathlib import Path

import yaml

from vaelib.exceptions import StudyError


def read_fields(path: str | Path) -> dict:
    """Return fields and values of a YAML file; none for an empty one.

    Raises
    ------
    StudyError
        For a file that is missing, is not YAML or holds anything but a mapping.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise StudyError(f"study: cannot read {str(path)!r}: {reason}") from None
    except (yaml.YAMLError, ValueError) as error:  # an impossible date is a ValueError
        reason = " ".join(str(error).split())
        raise StudyError(f"study: {str(path)!r} is not YAML: {reason}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise StudyError(
            f"study: {str(path)!r} holds a {type(content).__name__}; allowed: fields and values"
        )
    return {str(field): value for field, value in content.items()}
