"""Read a page as a browser and a screen reader would."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "img", "hr"}


@dataclass
class Element:
    """One element with its attributes and all the text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    def find(self, tag, **attributes):
        """Return the elements of a tag that have the attributes, in order."""
        return [
            each
            for each in self.inside
            if each.tag == tag and attributes.items() <= each.attributes.items()
        ]


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.page = Element("page", {})
        self.open = [self.page]

    def handle_starttag(self, tag, attrs):
        made = Element(tag, {name: value or "" for name, value in attrs})
        for parent in self.open:
            parent.inside.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        for parent in self.open:
            parent.text += data


def read(response):
    """Return the page of a response, which must be whole and well nested."""
    reader = _Reader()
    reader.feed(response.content.decode())
    reader.close()
    assert reader.open == [reader.page], "an element is never closed"
    return reader.page


def check_accessible(page):
    """Check what every page of ours owes its readers."""
    [html] = page.find("html")
    assert html.attributes["lang"]
    assert html.attributes["dir"] in {"ltr", "rtl"}
    assert len(page.find("h1")) == 1
    assert len(page.find("main")) == 1
    assert page.find("title")[0].text.strip()
    assert page.find("meta", name="viewport")
    for button in page.find("button") + page.find("a"):
        assert button.text.strip()
    for form in page.find("form", method="post"):
        assert form.find("input", name="csrfmiddlewaretoken")


def form_fields(form):
    """Return what a form would send."""
    return {
        each.attributes["name"]: each.attributes.get("value", "")
        for each in form.find("input")
    }
