"""A browser without a screen: cookies, forms with their hidden fields, redirects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin

import requests

_TIMEOUT = 30


@dataclass
class Form:
    """One form of a page, as it would be sent unchanged.

    Attributes:
        values: Fields by name. A button counts only when it is pressed.
    """

    action: str = ""
    method: str = "get"
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.state = ""
        self.text: list[str] = []
        self.heading: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.state = given.get("data-state", self.state)
        if tag in ("h1", "style", "script", "textarea"):
            self._inside.append(tag)
        if tag == "form":
            method = given.get("method", "get").lower()
            self.forms.append(Form(given.get("action", ""), method))
        elif self.forms and given.get("name"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given["name"]
        form.names.add(name)
        unset = given.get("type") in ("checkbox", "radio") and "checked" not in given
        if tag in ("input", "select", "textarea") and not unset:
            form.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if "h1" in self._inside:
            self.heading.append(data)
        if not {"style", "script"} & set(self._inside):
            self.text.append(data)


class Page:
    """What an address answered.

    Attributes:
        state: How the return page says the order stands; "" on other pages.
        heading: The first-level heading.
    """

    def __init__(self, response: requests.Response) -> None:
        reader = _Reader()
        reader.feed(response.text)
        self.url = response.url
        self.status = response.status_code
        self.location = response.headers.get("Location", "")
        self.html = response.text
        self.text = " ".join(" ".join(reader.text).split())
        self.heading = " ".join(" ".join(reader.heading).split())
        self.state = reader.state
        self.forms = reader.forms

    def form(self, name: str) -> Form:
        """The form that has a field or button of that name."""
        for form in self.forms:
            if name in form.names:
                return form
        raise LookupError(f"no form with {name!r} at {self.url}: {self.text[:200]}")


class Browser:
    """One person's browser.

    Args:
        site: The address that paths are relative to.
        session: Cookies and connections; new ones by default.
    """

    def __init__(self, site: str, session: requests.Session | None = None) -> None:
        self.site = site
        self._session = session or requests.Session()
        self._session.trust_env = False  # no proxies

    def another_tab(self) -> Self:
        """The same person, who can click in two tabs at once."""
        session = requests.Session()
        session.cookies.update(self._session.cookies)
        return type(self)(self.site, session)

    def open(self, address: str) -> Page:
        """Go to a path of the site or to a whole address."""
        url = urljoin(self.site, address)
        return Page(self._session.get(url, timeout=_TIMEOUT))

    def json(self, address: str) -> Any:
        """What an address answers to a script."""
        return self._session.get(urljoin(self.site, address), timeout=_TIMEOUT).json()

    def submit(
        self, page: Page, form: Form, typed: Mapping[str, str], *, follow: bool = True
    ) -> Page:
        """Send a form with what was typed or pressed; whatever is hidden goes along."""
        response = self._session.request(
            form.method,
            urljoin(page.url, form.action),
            data=form.values | dict(typed),
            headers={"Referer": page.url},
            allow_redirects=follow,
            timeout=_TIMEOUT,
        )
        return Page(response)
