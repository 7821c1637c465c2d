"""What a study chooses for each activation before it compares them."""

from typing import Annotated

import pydantic

from vaelib.results import keys
from vaelib.study import fields
from vaelib.validation import Count, FieldError, NotNegative, Positive

FIRST_TUNING_SEED = 100_000


class Tuning(pydantic.BaseModel):
    """What is chosen for every activation, before activations are compared.

    Every combination of the lists is trained with a few seeds of its own, and each
    activation is given the one with the best mean ELBO on the validation images. Test
    images are not looked at. The study's own values are tried in any case.

    Attributes
    ----------
    learning_rate, initializer, optimizer, weight_decay, batch_norm, depth : list
        As in `Study`; empty for what is not tuned.
    seeds : int
        How many replicates serve to choose; their seeds begin at 100,000, and no
        model that is compared has one of them.
    epochs : int or None
        At most; None for those of the study.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    learning_rate: fields.SeveralDistinct[Positive] = []
    initializer: fields.SeveralDistinct[fields.Initializer] = []
    optimizer: fields.SeveralDistinct[fields.Optimizer] = []
    weight_decay: fields.SeveralDistinct[NotNegative] = []
    batch_norm: fields.SeveralDistinct[pydantic.StrictBool] = []
    depth: fields.SeveralDistinct[Count] = []
    seeds: Annotated[Count, pydantic.Field(le=fields.MOST_SEEDS)] = 3
    epochs: Count | None = None

    @pydantic.model_validator(mode="after")
    def _something(self):
        if not self.grid:
            allowed = ", ".join(name for name in keys.SETTING_KEYS if name in Tuning.model_fields)
            raise FieldError(f"tune: nothing to choose; allowed: lists of {allowed}")
        return self

    @property
    def grid(self) -> dict[str, list]:
        """The fields that are tuned, with their values."""
        return {name: getattr(self, name) for name in keys.SETTING_KEYS if getattr(self, name, [])}

    @property
    def replicates(self) -> list[int]:
        """The seeds that serve to choose."""
        return list(range(FIRST_TUNING_SEED, FIRST_TUNING_SEED + self.seeds))

    def settings(self, setting: keys.Setting) -> list[keys.Setting]:
        """Return the candidates in the place of a setting of the grid, it among them."""
        own = {name: [getattr(setting, name)] for name in keys.SETTING_KEYS}
        for name, values in self.grid.items():
            given = own[name][0]
            own[name] = values if given in values else [given, *values]
        return keys.settings(**own)
