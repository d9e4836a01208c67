"""The documentation says what the code says: nothing missing, nothing stale."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.db.models import Field
from django.dispatch import Signal

from payments_connect import api, conf, enums, env, exceptions, models, signals
from payments_connect.checks import CHECKS
from payments_connect.gateways.stripe import StripeGateway, gateway, webhooks
from payments_connect.urls import urlpatterns

from .pages import DOCS, ROOT, first_words, page, pages, rows, section, words

_SIGNALS = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
_ERRORS = {
    name: value
    for name, value in vars(exceptions).items()
    if inspect.isclass(value) and value.__module__ == exceptions.__name__
}
_HEADINGS = {
    enums.OrderStatus: "Order",
    enums.FulfilmentStatus: "Fulfilment of an order",
    enums.PaymentStatus: "Payment",
    enums.IntentStatus: "Intent",
    enums.WebhookStatus: "Webhook event",
    enums.RedemptionStatus: "Promotion redemption",
}


class TestSettings:
    """docs/reference/settings.md against conf.py, env.py and the gateway."""

    text = page("reference/settings")

    def test_every_key_is_there_with_its_default(self):
        documented = {
            words(row[0])[0]: ast.literal_eval(_plain(words(row[1])[0]))
            for row in rows(section(self.text, "Keys"))
        }
        assert documented == {
            key: ast.literal_eval(_plain(repr(_shown(value))))
            for key, value in conf.default_settings().items()
        }

    def test_every_option_of_the_gateway_is_there_with_its_default(self):
        documented = {
            words(row[0])[0]: ast.literal_eval(words(row[1])[0])
            for row in rows(section(self.text, "Options of the Stripe gateway"))
        }
        parameters = inspect.signature(StripeGateway).parameters.values()
        assert documented == {each.name: each.default for each in parameters}

    def test_every_environment_variable_is_there(self):
        table = section(self.text, "Environment variables")
        assert first_words(table) == list(env.VARIABLES)

    def test_each_variable_goes_where_it_says(self):
        table = section(self.text, "Environment variables")
        where = {words(row[0])[0]: words(row[1])[0] for row in rows(table)}
        for variable, key in where.items():
            found = env.settings_from_env({variable: "10"})
            options = found["GATEWAYS"]["stripe"]["OPTIONS"]
            assert key in found or key in options, variable

    @pytest.mark.parametrize("name", ["reference/settings", "how-to/webhooks"])
    def test_the_pinned_api_version_is_told(self, name):
        assert f"`{gateway.API_VERSION}`" in page(name)


def _plain(text: str) -> str:
    """A timedelta as its repr's numbers, so that both sides can be compared."""
    match = re.fullmatch(r"(?:datetime\.)?timedelta\((\w+)=(\d+)\)", text)
    if match is None:
        return text
    seconds = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
    return str(int(match[2]) * seconds[match[1]])


def _shown(value: object) -> object:
    """A default as a user writes it."""
    if hasattr(value, "total_seconds"):
        return int(value.total_seconds())
    return str(value) if isinstance(value, str) else value


class TestSignals:
    """docs/reference/signals.md against signals.py."""

    def test_every_signal_is_there(self):
        assert set(first_words(page("reference/signals"))) == _SIGNALS

    def test_sender_and_arguments_are_those_of_its_docstring(self):
        source = (ROOT / "payments_connect" / "signals.py").read_text()
        for name, sender, arguments, _when in rows(page("reference/signals")):
            pattern = rf'(?ms)^{words(name)[0]} = Signal\(\)\n"""(.*?)"""'
            docstring = re.search(pattern, source)
            assert docstring, name
            said = " ".join(docstring[1].split())
            assert f"Sender: {words(sender)[0]}." in said
            named = said.partition("Arguments: ")[2].replace("``", "`")
            assert words(named) == words(arguments)

    def test_every_signal_is_in_the_api(self):
        assert set(api.__all__) >= _SIGNALS


class TestChecks:
    """docs/reference/checks.md against checks.CHECKS."""

    def test_every_check_is_there(self):
        documented = first_words(page("reference/checks"))
        codes = [word for word in documented if re.search(r"\.[EW]\d{3}$", word)]
        assert codes == [f"payments_connect.{code}" for code in CHECKS]

    def test_no_page_names_a_check_that_is_not_there(self):
        known = set(CHECKS)
        for path in pages():
            text = path.read_text(encoding="utf-8")
            named = set(re.findall(r"payments_connect\.([EW]\d{3})\b", text))
            assert named <= known, path


class TestCommands:
    """docs/reference/commands.md against management/commands."""

    text = page("reference/commands")
    ours = sorted(
        name for name, app in get_commands().items() if app == "payments_connect"
    )

    def test_every_command_is_there(self):
        documented = re.findall(r"^## (payments_\w+)$", self.text, re.MULTILINE)
        assert sorted(documented) == self.ours

    @pytest.mark.parametrize("name", ours)
    def test_every_option_is_there(self, name):
        command = load_command_class("payments_connect", name)
        parser = command.create_parser("manage.py", name)
        shared = {
            "--help", "--version", "--verbosity", "--settings", "--pythonpath",
            "--traceback", "--no-color", "--force-color", "--skip-checks",
        }  # fmt: skip
        options = {
            action.option_strings[-1]: action.default
            for action in parser._actions
            if action.option_strings and action.option_strings[-1] not in shared
        }
        table = {words(row[0])[0]: row[1] for row in rows(section(self.text, name))}
        assert set(table) == set(options)
        for option, default in options.items():
            assert default is None or str(default) in table[option]


class TestEvents:
    """docs/reference/events.md and how-to/webhooks.md against HANDLED_EVENTS."""

    def test_every_event_is_there(self):
        table = page("reference/events").partition("## ")[0]
        assert set(first_words(table)) == webhooks.HANDLED_EVENTS

    def test_each_endpoint_lists_what_it_should_get(self):
        text = section(page("how-to/webhooks"), "Which events")
        platform, connect = text.split("Connect endpoint\n:")
        assert set(_event_types(platform)) == webhooks.HANDLED_EVENTS
        # An application fee is an object of the platform's.
        assert (
            set(_event_types(connect)) == webhooks.HANDLED_EVENTS - webhooks.FEE_EVENTS
        )


def _event_types(text: str) -> list[str]:
    return [word for word in words(text) if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", word)]


class TestErrors:
    """docs/reference/errors.md against exceptions.py."""

    text = page("reference/errors")

    def test_the_tree_is_the_tree(self):
        tree = re.search(r"```text\n(.*?)```", self.text, re.DOTALL)
        assert tree
        assert set(re.findall(r"\b[A-Z]\w+\b", tree[1])) == set(_ERRORS)
        path: list[str] = []
        for line in tree[1].splitlines():
            name = re.search(r"[A-Z]\w+", line)
            assert name
            depth = name.start() // 4
            path[depth:] = [name[0]]
            if depth:
                assert path[depth - 1] in _names(_ERRORS[name[0]].__bases__)

    def test_every_leaf_says_what_to_do(self):
        roots = {"PaymentsError", "GatewayError"}
        assert set(first_words(self.text)) == set(_ERRORS) - roots


def _names(classes):
    return [each.__name__ for each in classes]


class TestStates:
    """docs/reference/states.md against the tables of moves."""

    text = page("reference/states")

    def test_every_table_of_moves_has_a_section(self):
        assert set(_HEADINGS) == set(enums.MOVES)

    @pytest.mark.parametrize("status", _HEADINGS)
    def test_every_move_is_there(self, status):
        documented = {
            words(row[0])[0]: set(words(row[1]))
            for row in rows(section(self.text, _HEADINGS[status]))
        }
        moves = enums.MOVES[status]
        assert documented == {
            str(new): {str(old) for old in moves[new]} for new in status
        }

    def test_what_only_a_person_does_is_told(self):
        told = " ".join(self.text.split())
        for table in enums.PERSON_MOVES.values():
            for new, olds in table.items():
                for old in olds:
                    assert f"`{old}` to `{new}`" in told

    def test_every_word_of_an_account_is_there(self):
        text = section(self.text, "Connected account").partition(".")[0]
        assert words(text) == enums.AccountStatus.values


class TestModels:
    """docs/reference/models.md against the models."""

    text = page("reference/models")

    def test_every_model_has_a_section(self):
        headings = re.findall(r"^## (\w+)$", self.text, re.MULTILINE)
        assert sorted(headings) == sorted(models.__all__)

    @pytest.mark.parametrize("name", models.__all__)
    def test_every_field_is_there(self, name):
        meta = apps.get_model("payments_connect", name)._meta
        fields = {
            field.name
            for field in [*meta.fields, *meta.many_to_many, *meta.private_fields]
            if not (isinstance(field, Field) and field.primary_key)
        }
        assert set(first_words(section(self.text, name))) == fields

    def test_every_permission_is_there(self):
        for model in apps.get_app_config("payments_connect").get_models():
            for codename, _name in model._meta.permissions:
                assert f"`{codename}`" in self.text


class TestApi:
    """docs/reference/api.md and templates-and-tags.md against what is public."""

    def test_every_public_name_is_there(self):
        text = page("reference/api")
        named = set(re.findall(r"^\.\. auto\w+:: (\w+)$", text, re.MULTILINE))
        named |= set(words(section(text, "Signals")))
        assert named == set(api.__all__)

    def test_every_address_is_there(self):
        table = section(page("reference/templates-and-tags"), "Addresses")
        assert first_words(table) == [each.name for each in urlpatterns]

    def test_every_template_is_there(self):
        table = section(page("reference/templates-and-tags"), "Templates")
        folder = ROOT / "payments_connect" / "templates"
        ours = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
        pages_of_buyers = {name for name in ours if not name.startswith("admin/")}
        assert set(first_words(table)) == pages_of_buyers


class TestSandbox:
    """docs/reference/sandbox.md shows the sandbox's own data, all of it."""

    def test_the_page_has_every_table(self, monkeypatch):
        monkeypatch.syspath_prepend(str(DOCS / "_ext"))
        directives = set(re.findall(r"```\{(sandbox-\w+)\}", page("reference/sandbox")))
        assert directives == {
            "sandbox-refusals",
            "sandbox-differences",
            "sandbox-cards",
            "sandbox-faults",
        }

    def test_every_refusal_is_shown(self, monkeypatch):
        refusals = importlib.import_module("payments_connect.sandbox.stripe.refusals")
        shown = _tables(monkeypatch).refusals()
        assert shown == [
            (str(each.status), each.code, each.when) for each in refusals.REFUSALS
        ]

    def test_every_difference_is_shown(self, monkeypatch):
        refusals = importlib.import_module("payments_connect.sandbox.stripe.refusals")
        assert _tables(monkeypatch).differences() == list(refusals.DIFFERENCES)

    def test_every_fault_is_shown(self, monkeypatch):
        faults = importlib.import_module("payments_connect.sandbox.faults")
        shown = {row[0] for row in _tables(monkeypatch).faults()}
        assert shown == faults.HTTP_KINDS | faults.DELIVERY_KINDS

    def test_every_number_that_is_shown_is_known(self, monkeypatch):
        cards = importlib.import_module("payments_connect.sandbox.stripe.cards")
        shown = [row[0] for row in _tables(monkeypatch).card_rows()]
        assert len(set(shown)) == len(shown)
        for number in shown:
            cards.look_up(number)


def _tables(monkeypatch):
    pytest.importorskip("docutils", reason="the extra docs is not installed")
    monkeypatch.syspath_prepend(str(DOCS / "_ext"))
    return importlib.import_module("sandbox_tables")


class TestGlossary:
    """One word for each thing, everywhere."""

    def test_terms_are_in_order(self):
        block = re.search(r"(?s)```\{glossary\}\n(.*?)```", page("reference/glossary"))
        assert block
        terms = re.findall(r"^(\S.*)$", block[1], re.MULTILINE)
        assert terms == sorted(terms)

    @pytest.mark.parametrize("path", pages(), ids=lambda path: path.stem)
    def test_no_page_uses_another_word(self, path: Path):
        text = re.sub(r'"[^"]*"', "", path.read_text(encoding="utf-8"))
        found = re.findall(r"(?i)\b(?:processor|provider|merchant|vendor)s?\b", text)
        assert not found
