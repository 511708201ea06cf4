"""What a page that shows students' work may do: nothing but what Formgrader's own scripts do.

Jupyter's origin lets a script do everything that the instructor can. So there are two walls: what students
and their code wrote is cut down to an allowed list, and a policy tells the browser which scripts to run.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from collections.abc import MutableMapping
from typing import Any

Resources = MutableMapping[str, Any]

# nbgrader's two handlers that stand in attributes; the browser runs these texts there and no others.
HANDLERS = ("toggle_name(true);", "toggle_name(false);")
TAGS = {
    *("div", "span", "p", "br", "hr", "pre", "code", "b", "i", "em", "strong", "small", "sub", "sup"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "blockquote"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "img", "details", "summary"),
}
ATTRIBUTES = {
    "*": {"class", "style"},
    "img": {"src", "alt", "width", "height"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "details": {"open"},
}
# Colours and distances, no positions: an output stays in its place.
STYLES = {
    *("color", "background", "background-color", "font-family", "font-size", "font-style", "font-weight"),
    *("border", "border-left", "border-right", "border-top", "border-bottom", "border-radius"),
    *("padding", "padding-left", "padding-right", "padding-top", "padding-bottom", "text-align"),
    *("margin-top", "margin-bottom", "white-space", "max-width", "width", "line-height"),
}
# Of outputs and terminal colours; Bootstrap's could lay an output over the whole page.
CLASSES = ("output", "ansi", "rendered_html", "dataframe")
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*")


def inert(page: str) -> str:
    """Return the HTML of outputs without scripts, links, forms and everything that is loaded."""
    import nh3  # only a page of Formgrader needs it

    return nh3.clean(
        page,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=_tame,
        url_schemes={"data"},
        filter_style_properties=STYLES,
        link_rel=None,
    )


def _tame(_tag: str, attribute: str, value: str) -> str | None:
    """Return an attribute's value; None for what is loaded or is the page's own look."""
    if attribute == "src":
        return value if _PICTURE.fullmatch(value) else None
    if attribute == "style" and "url(" in value.lower():
        return None
    if attribute == "class":
        return " ".join(name for name in value.split() if name.startswith(CLASSES)) or None
    return value


def nonce(resources: Resources) -> str:
    """Return the word that marks the scripts of one page as Formgrader's own."""
    if not resources.get("nonce"):
        resources["nonce"] = secrets.token_urlsafe(16)
    return str(resources["nonce"])


def policy(resources: Resources) -> str:
    """Return the policy of one page: marked scripts, this server's styles and data, pictures in the page."""
    handlers = " ".join(f"'sha256-{_digest(text)}'" for text in HANDLERS)
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'nonce-{nonce(resources)}' 'unsafe-hashes' {handlers}",
            "style-src 'self' 'unsafe-inline'",
            "font-src 'self' data:",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def ours(page: str, resources: Resources) -> str:
    """Return HTML of nbgrader's, which holds nothing of a student's, with its scripts marked."""
    return page.replace("<script", f'<script nonce="{nonce(resources)}"')


def escaped(resources: Resources) -> dict[str, Any]:
    """Return what a page is filled in with, where names of people and files cannot end a tag."""
    return {key: html.escape(value) if isinstance(value, str) else value for key, value in resources.items()}
