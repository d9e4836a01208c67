from django.contrib.admin.models import LogEntry

from payments_connect.models import LedgerEntry, Order

from .pages import list_of, operate, page_of, told
from .rows import make_sale

REASON = "The buyer paid the rest in cash."


class TestAccept:
    def test_page_shows_what_was_asked_and_what_arrived(self, desk, in_review):
        page = operate(desk, "accept", in_review)
        assert page.status_code == 200
        for text in ("100.00\xa0USD", "0.01\xa0USD", in_review.review_reason):
            assert text in page.text
        in_review.refresh_from_db()
        assert in_review.status == "review"

    def test_without_a_reason_nothing_is_accepted(self, desk, in_review):
        page = operate(desk, "accept", in_review, _confirmed="1", reason="  ")
        assert "This field is required." in page.text
        in_review.refresh_from_db()
        assert in_review.status == "review"
        assert not LogEntry.objects.exists()

    def test_with_a_reason_the_order_is_paid(self, desk, in_review):
        answer = operate(desk, "accept", in_review, _confirmed="1", reason=REASON)
        assert answer.status_code == 302
        in_review.refresh_from_db()
        assert (in_review.status, in_review.confirmed_by) == ("succeeded", "admin")
        order = Order.objects.get()
        assert (order.status, order.paid_by) == ("paid", in_review)
        assert LedgerEntry.objects.filter(amount=1, kind="charge").count() == 1
        assert told(answer)[0].endswith("is accepted and its order is paid.")

    def test_history_keeps_actor_reason_and_values(self, desk, person, in_review):
        doubt = in_review.review_reason
        operate(desk, "accept", in_review, _confirmed="1", reason=REASON)
        entry = LogEntry.objects.get()
        assert (entry.user, entry.get_edited_object()) == (person, in_review)
        for text in (REASON, doubt, "100.00\xa0USD", "0.01\xa0USD"):
            assert text in entry.change_message

    def test_second_acceptance_changes_nothing(self, desk, in_review):
        for _twice in range(2):
            answer = operate(desk, "accept", in_review, _confirmed="1", reason=REASON)
        assert "is not in review: Succeeded" in told(answer)[-1]
        assert LogEntry.objects.count() == 1

    def test_bad_state_is_named_and_the_rest_goes_on(self, desk, in_review):
        done = make_sale().payments.get()
        page = operate(desk, "accept", in_review, done)
        assert page.status_code == 200
        assert [row.pk for row in page.context["rows"]] == [in_review.pk]
        assert f"{done.checkout_id} is not in review: Succeeded." in page.text

    def test_surplus_is_accepted_with_a_warning(self, desk, in_review):
        Order.objects.update(status="canceled")
        answer = operate(desk, "accept", in_review, _confirmed="1", reason=REASON)
        in_review.refresh_from_db()
        assert in_review.is_surplus
        assert "its order does not owe the money" in told(answer)[0]

    def test_page_says_that_the_order_is_not_waiting_any_more(self, desk, in_review):
        Order.objects.update(status="canceled")
        assert "(Canceled)" in operate(desk, "accept", in_review).text

    def test_several_are_accepted_with_one_reason(self, desk, review):
        payments = [review() for _each in range(2)]
        operate(desk, "accept", *payments, _confirmed="1", reason=REASON)
        assert Order.objects.filter(status="paid").count() == 2
        assert LogEntry.objects.count() == 2

    def test_lost_race_is_told_and_not_recorded(self, desk, in_review, monkeypatch):
        def late(*_args, **_kwargs):
            type(in_review).objects.update(status="succeeded")
            return False

        monkeypatch.setattr("payments_connect.admin.acceptance.accept_payment", late)
        answer = operate(desk, "accept", in_review, _confirmed="1", reason=REASON)
        assert "was decided by somebody else: Succeeded" in told(answer)[0]
        assert not LogEntry.objects.exists()


class TestPermission:
    def test_staff_who_may_only_change_payments_cannot_accept(
        self, desk_with, in_review
    ):
        client = desk_with("view_payment", "change_payment")
        operate(client, "accept", in_review, _confirmed="1", reason=REASON)
        in_review.refresh_from_db()
        assert in_review.status == "review"
        assert "Accept payment" not in client.get(page_of(in_review)).text

    def test_staff_with_the_permission_can(self, desk_with, in_review):
        client = desk_with("view_payment", "accept_payment")
        operate(client, "accept", in_review, _confirmed="1", reason=REASON)
        in_review.refresh_from_db()
        assert in_review.status == "succeeded"


class TestButton:
    def test_page_of_a_payment_in_review_has_the_button(self, desk, in_review):
        page = desk.get(page_of(in_review)).text
        assert 'name="action" value="accept"' in page
        assert f'action="{list_of(type(in_review))}"' in page

    def test_settled_payment_has_no_buttons(self, desk):
        page = desk.get(page_of(make_sale().payments.get())).text
        assert 'name="action"' not in page

    def test_person_comes_back_to_the_page(self, desk, in_review):
        page = operate(desk, "accept", in_review, _from_page="1")
        assert 'name="_from_page" value="1"' in page.text
        fields = {"_from_page": "1", "_confirmed": "1", "reason": REASON}
        answer = operate(desk, "accept", in_review, **fields)
        assert answer.url == page_of(in_review)
