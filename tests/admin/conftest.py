import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from payments_connect.services.checkout import start_checkout
from payments_connect.testing.factories import make_line, make_order


@pytest.fixture
def person(db):
    """A superuser, as the demo's admin is."""
    return get_user_model().objects.create_superuser("boss@example.com", "x")


@pytest.fixture
def desk(person):
    """The superuser's browser."""
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def desk_with(db):
    """The browser of a staff member with just these permissions."""

    def browser(*codenames):
        member = get_user_model().objects.create_user(
            f"staff{len(codenames)}@example.com", "x", is_staff=True
        )
        found = Permission.objects.filter(codename__in=codenames)
        assert found.count() == len(codenames)
        member.user_permissions.set(found)
        client = Client()
        client.force_login(member)
        return client

    return browser


@pytest.fixture
def checkout(account):
    """Start a checkout of 100.00 USD on a seller's account in the sandbox."""

    def start(**fields):
        order = make_order(lines=[make_line(seller=account.seller, **fields)])
        return start_checkout(order, success_url="https://shop.example/ok").payment

    return start


@pytest.fixture
def unheard(checkout, payments_sandbox):
    """A payment that was paid, of which no webhook told us."""
    payment = checkout()
    payments_sandbox.stripe.pay(payment.checkout_id)
    return payment


@pytest.fixture
def review(checkout, payments_sandbox, payments_events):
    """Have one cent arrive for 100.00 USD."""

    def make():
        payment = checkout()
        payments_sandbox.stripe.alter(payment.checkout_id, amount_total=1)
        payments_sandbox.stripe.pay(payment.checkout_id)
        payments_events.post_new()
        payment.refresh_from_db()
        return payment

    return make


@pytest.fixture
def in_review(review):
    """A payment of 100.00 USD for which one cent arrived."""
    payment = review()
    assert payment.status == "review"
    return payment
