"""Which pairs of activations a claim compares.

Both functions return a function from the activations of a setting to pairs (a, b), of
which the claim says that a is better; to none where activations are missing.
"""

from collections.abc import Callable, Sequence, Set

Pairs = Sequence[tuple[str, str]]
PairSelector = Callable[[Set[str]], Pairs]


def fixed_pairs(*pairs: tuple[str, str]) -> PairSelector:
    """Compare these pairs where all of their activations are there."""

    def select(activations: Set[str]) -> Pairs:
        complete = all(name in activations for pair in pairs for name in pair)
        return list(pairs) if complete else []

    return select


def each_against(reference: str) -> PairSelector:
    """Compare every other activation with a reference."""

    def select(activations: Set[str]) -> Pairs:
        if reference not in activations:
            return []
        return [(name, reference) for name in sorted(activations) if name != reference]

    return select
