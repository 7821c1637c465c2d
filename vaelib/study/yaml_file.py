"""Read the fields of a study from a YAML file."""

import re
from pathlib import Path

import yaml

from vaelib.exceptions import StudyError


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the scalars of YAML 1.2, and each key once.

    PyYAML follows YAML 1.1, in which 010 is 8, 1:30 is 90, "no" is false and 1e-3
    is a text.
    """

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for number, key in enumerate(keys):
            if key in keys[:number] and key != "<<":
                line = node.value[number][0].start_mark.line + 1
                raise yaml.YAMLError(f"{key}: given twice, again in line {line}; allowed: once")
        return super().construct_mapping(node, deep)


# The core schema: https://yaml.org/spec/1.2.2/#1032-tag-resolution
_SCALARS = {
    "null": ("(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    "bool": ("(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    "int": ("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|"
        r"\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    "merge": ("<<", ["<"]),
}
_Loader.yaml_implicit_resolvers = {}
for _tag, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first
    )


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)


def read(text: str):
    """Return the value of a YAML document.

    Raises
    ------
    yaml.YAMLError, ValueError
        For what is not YAML 1.2, and for a key that is given twice.
    """
    return yaml.load(text, _Loader)


def read_fields(path: str | Path) -> dict:
    """Return fields and values of a YAML file; none for an empty one.

    Raises
    ------
    StudyError
        For a file that is missing, is not YAML or holds anything but a mapping.
    """
    path = Path(path)
    try:
        content = read(path.read_text(encoding="utf-8-sig"))
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
