"""A person accepts a payment in review: what was asked, what arrived, why it is fine.

The decision, its actor and its reason are written in one transaction.
"""

from functools import partial

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from payments_connect.enums import PaymentStatus
from payments_connect.exceptions import UnsupportedFeature
from payments_connect.models import Payment
from payments_connect.services.settlement import accept_payment
from payments_connect.services.transactions import settlement
from payments_connect.templatetags.payments_connect import money

from .operations import CONFIRMED, OperationsAdmin


class ReasonForm(forms.Form):
    """Why the payments may be accepted."""

    reason = forms.CharField(
        label=_lazy("Reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_lazy("Kept with the payment and in its history."),
    )


def accept(
    admin: OperationsAdmin[Payment], request: HttpRequest, queryset: QuerySet[Payment]
) -> HttpResponse | None:
    """Ask for a reason, then accept; what is not in review is named and left alone."""
    chosen = list(queryset.select_related("order", "account__seller"))
    in_review = [row for row in chosen if row.status == PaymentStatus.REVIEW]
    for row in chosen:
        if row not in in_review:
            text = _("%(payment)s is not in review: %(status)s.")
            _tell(admin, request, row, text=text, level=messages.ERROR)
    if not in_review:
        return None
    form = ReasonForm(request.POST if CONFIRMED in request.POST else None)
    if form.is_valid():
        for row in in_review:
            _accept_one(admin, request, row, reason=form.cleaned_data["reason"])
        return None
    return admin.confirmation(
        request,
        "accept_payment.html",
        action="accept",
        title=_("Accept payment in review"),
        rows=in_review,
        form=form,
    )


def _accept_one(
    admin: OperationsAdmin[Payment],
    request: HttpRequest,
    payment: Payment,
    *,
    reason: str,
) -> None:
    try:
        accepted = settlement(
            partial(_accept, admin, request, payment.pk, reason=reason)
        )
    except UnsupportedFeature as error:
        admin.message_user(request, f"{payment}: {error}", messages.ERROR)
        return
    payment.refresh_from_db()
    if not accepted:
        text = _("%(payment)s was decided by somebody else: %(status)s.")
        _tell(admin, request, payment, text=text, level=messages.ERROR)
    elif payment.is_surplus:
        text = _("%(payment)s is accepted, but its order does not owe the money.")
        _tell(admin, request, payment, text=text, level=messages.WARNING)
    else:
        text = _("%(payment)s is accepted and its order is paid.")
        _tell(admin, request, payment, text=text, level=messages.SUCCESS)


def _accept(
    admin: OperationsAdmin[Payment], request: HttpRequest, pk: int, *, reason: str
) -> bool:
    # Read anew: a transaction that is run again must not start from what the first
    # run wrote on the instance.
    payment = Payment.objects.select_related("order", "account").get(pk=pk)
    record = _record(payment, reason)
    accepted = accept_payment(payment, reason=reason)
    if accepted:
        admin.log_change(request, payment, record)
    return accepted


def _record(payment: Payment, reason: str) -> str:
    return _(
        "Accepted in review. Asked for %(asked)s, captured %(captured)s. "
        "%(doubt)s Reason: %(reason)s"
    ) % {
        "asked": money(payment.amount, payment.currency),
        "captured": money(payment.amount_captured, payment.arrived_currency),
        "doubt": payment.review_reason,
        "reason": reason,
    }


def _tell(
    admin: OperationsAdmin[Payment],
    request: HttpRequest,
    payment: Payment,
    *,
    text: str,
    level: int,
) -> None:
    named = {"payment": payment, "status": payment.get_status_display()}
    admin.message_user(request, text % named, level)
