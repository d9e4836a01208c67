import html
import re
import time
import urllib.parse

import pytest
import requests

from payments_connect.sandbox import Sandbox
from payments_connect.sandbox.stripe import buyer as buyers_pay
from tests.sandbox.conftest import client_of
from tests.sandbox.sales import line, open_session


class Buyer:
    """Uses the page as a browser without scripts would."""

    def __init__(self):
        self.http = requests.Session()
        self.http.trust_env = False
        self.status = 0
        self.text = ""
        self.location = None

    def open(self, url):
        self.url = url
        return self._keep(self.http.get(url, timeout=20))

    def send(self, **fields):
        answer = self.http.post(
            self.url, data=fields, allow_redirects=False, timeout=20
        )
        return self._keep(answer)

    def pay(self, number="4242424242424242", **fields):
        given = {"email": "ann@example.com", "number": number, "action": "pay"}
        return self.send(**given | fields)

    def _keep(self, answer):
        self.status, self.location = answer.status_code, answer.headers.get("Location")
        self.text = html.unescape(answer.text)
        return self


@pytest.fixture
def buyer():
    made = Buyer()
    yield made
    made.http.close()


class TestForm:
    def test_shows_lines_total_and_the_way_back(self, client, buyer):
        session = open_session(
            client, line_items=[line(12_50, quantity=2, name="<b>Tea</b>")]
        )
        buyer.open(session.url)
        assert "25.00 USD" in buyer.text
        assert "<b>Tea</b>" in buyer.text
        assert 'href="https://shop.test/basket"' in buyer.text
        assert "Promotion code" not in buyer.text
        assert "IBAN" not in buyer.text

    def test_names_cannot_break_out_of_the_page(self, client):
        session = open_session(client, line_items=[line(name="<script>x</script>")])
        answer = requests.get(session.url, timeout=20)
        assert "<script>" not in answer.text
        answer.close()

    def test_each_input_has_a_label(self, client, buyer):
        session = open_session(
            client, line_items=[line(currency="eur")], allow_promotion_codes=True
        )
        buyer.open(session.url)
        ids = set(re.findall(r'<input id="(\w+)"', buyer.text))
        assert ids == set(re.findall(r'<label for="(\w+)"', buyer.text))
        assert {"email", "number", "iban", "promotion_code"} <= ids

    def test_given_email_is_not_asked_again(self, sandbox, client, buyer):
        session = open_session(client, customer_email="bob@example.com")
        assert 'name="email"' not in buyer.open(session.url).text
        buyer.pay(email="")
        details = sandbox.stripe.get(session.id)["customer_details"]
        assert details["email"] == "bob@example.com"

    def test_unknown_session_is_not_found(self, sandbox, buyer):
        assert buyer.open(f"{sandbox.stripe.url}/c/pay/cs_test_none").status == 404
        account = sandbox.stripe.platform_id
        assert buyer.open(f"{sandbox.stripe.url}/c/pay/{account}").status == 404


class TestPay:
    def test_success_goes_to_the_success_url_with_the_session_id(
        self, sandbox, client, buyer
    ):
        session = open_session(client)
        buyer.open(session.url).pay()
        assert buyer.status == 303
        assert buyer.location == f"https://shop.test/done?s={session.id}"
        assert sandbox.stripe.get(session.id)["payment_status"] == "paid"

    def test_encoded_placeholder_is_not_replaced(self, client, buyer):
        query = urllib.parse.urlencode({"s": "{CHECKOUT_SESSION_ID}"})
        session = open_session(client, success_url=f"https://shop.test/done?{query}")
        assert session.id not in buyer.open(session.url).pay().location

    def test_decline_is_explained_and_can_be_tried_again(self, sandbox, client, buyer):
        session = open_session(client)
        buyer.open(session.url).pay("4000000000009995")
        assert buyer.status == 402
        assert "insufficient funds" in buyer.text
        assert 'value="ann@example.com"' in buyer.text
        assert "4000000000009995" not in buyer.text
        assert buyer.pay().status == 303

    def test_number_that_is_not_published_is_refused(self, client, buyer):
        buyer.open(open_session(client).url).pay("4111111111111111")
        assert "not a published test card" in buyer.text

    def test_authentication_page_completes(self, sandbox, client, buyer):
        session = open_session(client)
        buyer.open(session.url).pay("4000002500003155")
        assert "3-D Secure" in buyer.text
        intent = client.v1.payment_intents.list().data[0]
        assert intent.status == "requires_action"
        assert buyer.send(authentication="complete").status == 303
        assert sandbox.stripe.get(session.id)["customer_details"]["email"] == (
            "ann@example.com"
        )

    def test_failed_authentication_returns_to_the_form(self, client, buyer):
        session = open_session(client)
        buyer.open(session.url).pay("4000002500003155")
        buyer.send(authentication="fail")
        assert "unable to authenticate" in buyer.text
        assert buyer.pay().status == 303

    def test_authenticated_card_may_still_be_declined(self, client, buyer):
        buyer.open(open_session(client).url).pay("4000008400001629")
        assert "declined" in buyer.send(authentication="complete").text

    def test_iban_pays_later(self, sandbox, client, buyer):
        session = open_session(client, line_items=[line(currency="eur")])
        buyer.open(session.url)
        buyer.pay("", iban="AT32 1904 3002 3547 3204")
        assert buyer.status == 303
        assert sandbox.stripe.get(session.id)["payment_status"] == "unpaid"

    def test_code_is_applied_before_paying(self, sandbox, client, buyer):
        coupon = sandbox.stripe.add_coupon(percent_off=100)["id"]
        sandbox.stripe.add_promotion_code("FREE", coupon)
        session = open_session(client, allow_promotion_codes=True)
        buyer.open(session.url).send(promotion_code="NONE", action="apply")
        assert "invalid" in buyer.text
        buyer.send(promotion_code="FREE", action="apply")
        assert "Complete order" in buyer.text
        assert "Card number" not in buyer.text
        assert buyer.pay("").status == 303
        assert sandbox.stripe.get(session.id)["payment_intent"] is None

    @pytest.mark.parametrize(
        ("how", "words"), [("paid", "complete"), ("expired", "expired")]
    )
    def test_closed_session_says_so(self, sandbox, client, buyer, how, words):
        session = open_session(client)
        if how == "paid":
            sandbox.stripe.pay(session.id)
        else:
            client.v1.checkout.sessions.expire(session.id)
        assert words in buyer.open(session.url).text
        assert buyer.pay().status == 200


class TestSecondTab:
    def test_expiry_while_the_buyer_types_is_explained(
        self, sandbox, client, buyer, monkeypatch
    ):
        session = open_session(client)
        buyer.open(session.url)
        real = buyers_pay.pay

        def expired_meanwhile(world, session_id, form):
            client.v1.checkout.sessions.expire(session_id)
            return real(world, session_id, form)

        monkeypatch.setattr(buyers_pay, "pay", expired_meanwhile)
        assert "expired" in buyer.pay().text


class TestRedirect:
    @pytest.fixture
    def running(self, receiver):
        with Sandbox(deliver="background") as sandbox:
            sandbox.stripe.add_endpoint(
                receiver.url,
                secret=receiver.secret,
                enabled_events=["checkout.session.completed"],
            )
            client = client_of(sandbox)
            yield sandbox, open_session(client)
            client._requestor._client.close()

    def test_waits_for_the_webhooks_answer(self, running, receiver, buyer):
        buyer.open(running[1].url).pay()
        assert receiver.types() == ["checkout.session.completed"]

    def test_does_not_wait_for_held_deliveries(self, running, receiver, buyer):
        running[0].stripe.hold()
        started = time.monotonic()
        assert buyer.open(running[1].url).pay().status == 303
        assert time.monotonic() - started < 3
        assert receiver.events == []

    def test_failing_webhook_does_not_keep_the_buyer(self, running, receiver, buyer):
        receiver.status = 500
        assert buyer.open(running[1].url).pay().status == 303
