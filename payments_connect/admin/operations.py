"""What a person may do to a row: list actions that are buttons on its page too.

Operations call services, and those call gateways, which is refused inside a
transaction. Django's change view is atomic, its list view is not, so operations always
run in the list view, and that is kept out of ``ATOMIC_REQUESTS``.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from payments_connect.exceptions import GatewayError, PaymentsError
from payments_connect.services.transactions import database

from .readonly import ReadOnlyAdmin

Row = TypeVar("Row", bound=Model)
Result = TypeVar("Result")

FROM_PAGE = "_from_page"
CONFIRMED = "_confirmed"
# Each asks a gateway while the person waits.
AT_ONCE = 25


class OperationsAdmin(ReadOnlyAdmin[Row]):
    """Facts with operations on them."""

    change_form_template = "admin/payments_connect/change_form.html"

    def offers(self, _row: Row) -> Collection[str]:
        """Names of the actions that make sense for a row, as buttons on its page."""
        return ()

    def get_urls(self) -> list[URLPattern]:
        """Keep the list view, which runs the actions, out of any transaction."""
        urls = super().get_urls()
        for pattern in urls:
            if (pattern.name or "").endswith("_changelist"):
                transaction.non_atomic_requests(using=database())(pattern.callback)
        return urls

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the buttons."""
        row = context.get("original")
        if row is not None:
            offered = self.offers(row)
            context["operations"] = [
                (name, description)
                for name, description in self.get_action_choices(request)
                if name in offered
            ]
            context["operations_url"] = self._url("changelist")
            context["from_page"] = FROM_PAGE
            context["action_checkbox_name"] = helpers.ACTION_CHECKBOX_NAME
        return super().render_change_form(request, context, *args, **kwargs)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Row], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Go back to where the operation was asked for: the list, or the page."""
        response = super().response_action(request, queryset, *args, **kwargs)
        if request.POST.get(FROM_PAGE) and isinstance(response, HttpResponseRedirect):
            pk = request.POST[helpers.ACTION_CHECKBOX_NAME]
            return HttpResponseRedirect(self._url("change", pk))
        return response

    def confirmation(  # keyword-only parts of one page
        self,
        request: HttpRequest,
        template: str,
        *,
        action: str,
        title: str,
        rows: Sequence[Row],
        **context: Any,
    ) -> TemplateResponse:
        """Ask the person before doing it; the answer runs the same action again."""
        return TemplateResponse(
            request,
            f"admin/payments_connect/{template}",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "media": self.media,
                "title": title,
                "rows": rows,
                "action": action,
                "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
                "confirmed": CONFIRMED,
                "from_page": FROM_PAGE if request.POST.get(FROM_PAGE) else "",
                **context,
            },
        )

    def attempt(
        self, request: HttpRequest, row: Row, work: Callable[[], Result]
    ) -> Result | None:
        """Run a service; what goes wrong at the gateway becomes a message."""
        try:
            return work()
        except GatewayError as error:
            text = _("%(row)s: %(error)s, request %(request)s") % {
                "row": row,
                "error": error,
                "request": error.request_id or "-",
            }
        except (PaymentsError, ImproperlyConfigured) as error:
            text = f"{row}: {error}"
        self.message_user(request, text, messages.ERROR)
        return None

    def few(self, request: HttpRequest, queryset: QuerySet[Row]) -> list[Row]:
        """The chosen rows, if they are few enough to work on while somebody waits."""
        rows = list(queryset[: AT_ONCE + 1])
        if len(rows) <= AT_ONCE:
            return rows
        text = _("Choose at most %(number)s at once.") % {"number": AT_ONCE}
        self.message_user(request, text, messages.ERROR)
        return []

    def may(self, request: HttpRequest, codename: str) -> bool:
        """Whether the person has a permission of this app."""
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def _url(self, page: str, *args: object) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=args, current_app=self.admin_site.name)
