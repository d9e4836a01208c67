"""The look of the sandbox's few pages: one template, everything escaped."""

from html import escape

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; } main { max-width: 34rem; margin: 0 auto; padding: 1rem; }
main.wide { max-width: 70rem; }
.banner { background: #ffe08a; color: #3a2d00; padding: .4rem 1rem;
  text-align: center; }
label { display: block; margin-top: .8rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .6rem; font: inherit; }
button { width: 100%; margin-top: 1.2rem; padding: .8rem; font: inherit;
  font-weight: 600; background: #0b57d0; color: #fff; border: 0; border-radius: .4rem; }
button.quiet { background: #666; }
table { border-collapse: collapse; width: 100%; overflow-wrap: anywhere; }
th, td { text-align: left; padding: .3rem .5rem; border-bottom: 1px solid #8886;
  vertical-align: top; } td.amount, th.amount { text-align: right; }
.problem { border-left: .3rem solid #b3261e; padding: .5rem .8rem; }
fieldset { border: 1px solid #8886; border-radius: .4rem; margin-top: 1rem; }
"""


def document(title: str, body: str, *, wide: bool = False) -> str:
    """Return a whole page.

    Args:
        title: Plain text.
        body: HTML whose variable parts are escaped.
        wide: For tables.
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        '<div class="banner">Sandbox: no real money moves here</div>'
        f"<main{' class=wide' if wide else ''}><h1>{escape(title)}</h1>{body}</main>"
        "</body></html>"
    )


def field(
    label: str, name: str, *, value: str = "", kind: str = "text", extra: str = ""
) -> str:
    """Return a labelled input.

    Args:
        label: Plain text.
        name: The form's name; also the id.
        value: What is filled in.
        kind: The input's type.
        extra: Further attributes as HTML.
    """
    return (
        f'<label for="{name}">{escape(label)}</label><input id="{name}" '
        f'name="{name}" type="{kind}" value="{escape(value)}" {extra}>'
    )


def table(headings: list[str], rows: list[list[object]]) -> str:
    """Return a table of plain values; an empty one says so."""
    if not rows:
        return "<p>None yet.</p>"
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in headings)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"
