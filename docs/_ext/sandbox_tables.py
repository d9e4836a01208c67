"""Directives that show the sandbox's own data, so that its page cannot go stale."""

from collections.abc import Sequence
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.application import Sphinx

from payments_connect.sandbox.faults import DELIVERY_KINDS, HTTP_KINDS
from payments_connect.sandbox.stripe.cards import (
    _BANK_ACCOUNTS,
    _CARDS,
    BankAccount,
    Card,
)
from payments_connect.sandbox.stripe.refusals import DIFFERENCES, REFUSALS

Row = Sequence[str]


def refusals() -> list[Row]:
    """Rows of the table of refusals."""
    return [(str(each.status), each.code, each.when) for each in REFUSALS]


def card_rows() -> list[Row]:
    """Rows of the table of published test numbers."""
    rows: list[Row] = [(card.number, _what_card_does(card)) for card in _CARDS]
    return rows + [(each.iban, _what_debit_does(each)) for each in _BANK_ACCOUNTS]


def _what_card_does(card: Card) -> str:
    steps = ["3-D Secure, then "] if card.authentication else []
    if card.decline is None:
        return "".join([*steps, "succeeds"])
    code = card.decline.decline_code or card.decline.code
    return "".join([*steps, f"declined: {code}"])


def _what_debit_does(account: BankAccount) -> str:
    when = f"after {account.delay} seconds" if account.delay else "at once"
    return f"SEPA debit: {'fails' if account.decline else 'succeeds'} {when}"


def faults() -> list[Row]:
    """Rows of the table of faults."""
    return [
        *((kind, "an answer of the API") for kind in sorted(HTTP_KINDS)),
        *((kind, "a delivery of an event") for kind in sorted(DELIVERY_KINDS)),
    ]


def differences() -> list[str]:
    """The sentences about where the imitation differs from Stripe."""
    return list(DIFFERENCES)


class _Table(Directive):
    headings: ClassVar[Row]
    codes: ClassVar[frozenset[int]] = frozenset()

    def rows(self) -> list[Row]:
        """Rows of cells, as plain text with words in backquotes."""
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        group = nodes.tgroup(cols=len(self.headings))
        group += [nodes.colspec(colwidth=1) for _heading in self.headings]
        head, body = nodes.thead(), nodes.tbody()
        head += self._row(self.headings, codes=frozenset())
        body += [self._row(row, codes=self.codes) for row in self.rows()]
        group += [head, body]
        return [nodes.table("", group)]

    def _row(self, cells: Row, *, codes: frozenset[int]) -> nodes.row:
        row = nodes.row()
        for index, cell in enumerate(cells):
            parts = [("code", cell)] if index in codes else _parts(cell)
            texts = [_text(kind, part) for kind, part in parts]
            row += nodes.entry("", nodes.paragraph("", "", *texts))
        return row


def _parts(cell: str) -> list[tuple[str, str]]:
    """Split at backquotes: every other part is code."""
    return [
        ("code" if index % 2 else "", part)
        for index, part in enumerate(cell.split("`"))
        if part
    ]


def _text(kind: str, part: str) -> nodes.Node:
    return nodes.literal(text=part) if kind == "code" else nodes.Text(part)


class Refusals(_Table):
    """``{sandbox-refusals}``: what the Stripe sandbox refuses."""

    headings = ("status", "code", "when")
    codes = frozenset({1})

    def rows(self) -> list[Row]:
        """See ``refusals``."""
        return refusals()


class Cards(_Table):
    """``{sandbox-cards}``: the published test numbers it knows."""

    headings = ("number", "what it does")
    codes = frozenset({0})

    def rows(self) -> list[Row]:
        """See ``card_rows``."""
        return card_rows()


class Faults(_Table):
    """``{sandbox-faults}``: what can be made to go wrong."""

    headings = ("fault", "strikes")
    codes = frozenset({0})

    def rows(self) -> list[Row]:
        """See ``faults``."""
        return faults()


class Differences(Directive):
    """``{sandbox-differences}``: where the imitation differs from Stripe."""

    def run(self) -> list[nodes.Node]:
        """Build the list."""
        items = [
            nodes.list_item(
                "",
                nodes.paragraph("", "", *(_text(*part) for part in _parts(sentence))),
            )
            for sentence in differences()
        ]
        return [nodes.bullet_list("", *items)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("sandbox-refusals", Refusals)
    app.add_directive("sandbox-cards", Cards)
    app.add_directive("sandbox-faults", Faults)
    app.add_directive("sandbox-differences", Differences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
