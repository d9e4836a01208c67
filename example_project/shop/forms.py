from typing import Any

from django import forms

MOST = 10


class OrderForm(forms.Form):
    """What a buyer decides on a product's page."""

    quantity = forms.IntegerField(min_value=1, max_value=MOST, initial=1)
    email = forms.EmailField(label="E-mail", help_text="For your receipt.")
    promotion_code = forms.CharField(
        label="Promotion code", required=False, max_length=64
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["promotion_code"].widget.attrs |= {
            "autocomplete": "off",
            "autocapitalize": "characters",
            "spellcheck": "false",
        }
