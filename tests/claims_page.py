"""What the page of the claims must show, wherever it was made."""

from collections.abc import Sequence

from bs4 import BeautifulSoup

from vaelib.analysis.claims.conclusions import Claim
from vaelib.reporting import sentences


def words(tag) -> str:
    return " ".join(tag.get_text().split())


def check(page: BeautifulSoup, found: Sequence[Claim]) -> None:
    """Compare the table of verdicts and the cards with the claims, in their order."""
    levels = [int(head.name[1]) for head in page.find_all(["h1", "h2", "h3", "h4"])]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    (table,) = page.find_all("table", class_="verdicts")
    rows = [[words(cell) for cell in row.find_all("td")] for row in table("tr")[1:]]
    assert rows == [
        [
            one.part,
            f"{sentences.SYMBOLS[one.verdict]} {one.verdict}",
            *map(str, sentences.counted(one).values()),
        ]
        for one in found
    ]
    numbers = sorted({one.number for one in found})
    heads = table.find_all("th", scope="rowgroup")
    assert [head.a["href"] for head in heads] == [f"#claim-{number}" for number in numbers]
    for number in numbers:
        check_card(page.find(id=f"claim-{number}"), [one for one in found if one.number == number])
    targets = {link["href"][1:] for link in page.find_all("a", href=lambda to: to.startswith("#"))}
    assert all(page.find(id=target) for target in targets)


def check_card(card, parts: Sequence[Claim]) -> None:
    """Compare a card with the parts of its claim."""
    statement = parts[0].statement
    assert words(card.h2) == f"{statement.number}. {statement.text}"
    cited = card.find(class_="sources").find_all("li")
    assert len(cited) == len(statement.sources)
    for item, source in zip(cited, statement.sources, strict=True):
        assert source.says in words(item)
        assert source.reference.authors in words(item)
    for shown, one in zip(card.find_all(class_="claim-part"), parts, strict=True):
        assert str(one.verdict) in words(shown.find(class_="verdict")).lower()
        text = words(shown)
        for condition in one.conditions:
            assert condition.counted in text
            assert all(where in text for where in condition.where)
    rows = [len(one.evidence) for one in parts if len(one.evidence)]
    assert [len(one.find_all("tr")) - 1 for one in card.find_all("details")] == rows
