"""What the payment page looks like."""

from html import escape

from payments_connect.sandbox.html import document, field
from payments_connect.sandbox.stripe.currencies import display
from payments_connect.sandbox.stripe.store import Resource


def payment(
    session: Resource, lines: list[Resource], *, typed: dict[str, str], problem: str
) -> str:
    """Return the form, with what was typed before and what was wrong with it."""
    free = session["amount_total"] == 0
    total = display(session["amount_total"], session["currency"])
    button = "Complete order" if free else f"Pay {total}"
    body = _lines(session, lines) + _problem(problem)
    body += '<form method="post">'
    # Enter in a field presses the first button, which must be the one that pays.
    body += '<button hidden name="action" value="pay" tabindex="-1">Pay</button>'
    body += _customer(session, typed)
    if session["allow_promotion_codes"] and not session["discounts"]:
        body += field("Promotion code", "promotion_code", extra='autocomplete="off"')
        body += (
            '<button class="quiet" name="action" value="apply" formnovalidate>'
            "Apply code</button>"
        )
    if not free:
        body += _methods(session)
    body += f'<button name="action" value="pay">{escape(button)}</button></form>'
    if session["cancel_url"]:
        body += f'<p><a href="{escape(session["cancel_url"])}">Back</a></p>'
    return document("Payment", body)


def authentication(session: Resource) -> str:
    """Return the 3-D Secure page."""
    total = display(session["amount_total"], session["currency"])
    body = (
        f"<p>Your bank wants to confirm this payment of {escape(total)}.</p>"
        '<form method="post">'
        '<button name="authentication" value="complete">Complete</button>'
        '<button class="quiet" name="authentication" value="fail">Fail</button></form>'
    )
    return document("3-D Secure", body)


def closed(session: Resource) -> str:
    """Return the page of a session that is over."""
    if session["status"] == "expired":
        return document("This page has expired", "<p>Please start again.</p>")
    return document("Payment complete", "<p>You can close this page.</p>")


def unknown() -> str:
    """Return the page for an address that is no session."""
    return document("Nothing here", "<p>This is not a Checkout Session.</p>")


def _lines(session: Resource, lines: list[Resource]) -> str:
    currency = session["currency"]
    rows = "".join(
        f"<tr><td>{escape(line['description'] or '')}</td>"
        f"<td class=amount>{line['quantity']}</td>"
        f"<td class=amount>{display(line['amount_subtotal'], currency)}</td></tr>"
        for line in lines
    )
    if off := session["total_details"]["amount_discount"]:
        rows += (
            "<tr><td>Discount</td><td></td>"
            f"<td class=amount>-{display(off, currency)}</td></tr>"
        )
    total = display(session["amount_total"], currency)
    return (
        "<table><thead><tr><th scope=col>Item</th><th scope=col class=amount>Quantity"
        "</th><th scope=col class=amount>Amount</th></tr></thead><tbody>"
        f"{rows}</tbody><tfoot><tr><th scope=row colspan=2>Total</th>"
        f"<th class=amount>{total}</th></tr></tfoot></table>"
    )


def _problem(problem: str) -> str:
    return f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""


def _customer(session: Resource, typed: dict[str, str]) -> str:
    if session["customer_email"]:
        email = f"<p>E-mail: {escape(session['customer_email'])}</p>"
    else:
        email = field(
            "E-mail",
            "email",
            value=typed.get("email", ""),
            kind="email",
            extra='required autocomplete="email"',
        )
    return email + field(
        "Name", "name", value=typed.get("name", ""), extra='autocomplete="name"'
    )


def _methods(session: Resource) -> str:
    body = ""
    if "card" in session["payment_method_types"]:
        digits = 'inputmode="numeric" autocomplete="off"'
        body += (
            "<fieldset><legend>Card</legend>"
            + field("Card number", "number", extra=f"{digits} autofocus")
            + field("Expiry (MM/YY)", "expiry", value="12/34", extra=digits)
            + field("CVC", "cvc", value="123", extra=digits)
            + "<p>Try 4242 4242 4242 4242. Only published test numbers work.</p>"
            + "</fieldset>"
        )
    if "sepa_debit" in session["payment_method_types"]:
        body += (
            "<fieldset><legend>or SEPA Direct Debit</legend>"
            + field("IBAN", "iban", extra='autocomplete="off"')
            + "<p>Try AT32 1904 3002 3547 3204.</p></fieldset>"
        )
    return body
