"""Markdown with TeX as HTML that any page may show, whoever has written it.

    from utils.feedback.prose import STYLE, html_of

    page = f"<style>{STYLE}</style> ... <div class='prose'>{html_of(comment)}</div>"

`html_of` understands CommonMark with tables, and formulas between `$..$`, `$$..$$`, `\\(..\\)`, `\\[..\\]`.
What comes back holds no script, no style, no event handler, and no address that a browser would open or load:
tags in the text are shown as text, links as their words and their address, pictures as their description.
Formulas are MathML. Headings are bold paragraphs, since the page around decides the order of headings.
It is a fragment of complete block elements; it goes into a `<div class="prose">`, never into a `<p>`.
"""

from __future__ import annotations

import html
import re
from typing import Any

import nh3
from mistune import BlockState, HTMLRenderer, InlineState, Markdown
from mistune.plugins.table import table, table_in_list, table_in_quote

from utils.feedback.formulas import ATTRIBUTES, TAGS, mathml

LONGEST = 20_000  # characters; a longer text is shown as it stands, since parsing may take quadratic time
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STYLE = """
.prose table { border-collapse: collapse; }
.prose th, .prose td { border: 1px solid currentcolor; padding: 0.15em 0.6em; text-align: left; }
.prose .wide, .prose .formula { overflow-x: auto; }
.prose pre { white-space: pre-wrap; overflow-wrap: anywhere; }
"""

# JupyterLab wants two backslashes before a bracket, most other places one.
_BLOCK = r"^ {0,3}(?:\$\$(?P<dollars>[^$]+?)\$\$|\\{1,2}\[(?P<brackets>[^$]+?)\\{1,2}\])[ \t]*(?:\n|$)"
_INLINE = (
    r"\$\$(?P<shown>[^$]+?)\$\$|\\{1,2}\[(?P<bracketed>[^$]+?)\\{1,2}\]|\\{1,2}\((?P<round>[^$]+?)\\{1,2}\)"
    r"|\$(?![\s$])(?P<dollar>(?:\\.|[^$\\`])+?)(?<!\s)\$(?!\d)"
)
# fmt: off
_ALLOWED = {
    "p", "div", "ol", "ul", "li", "blockquote", "pre", "code", "em", "strong", "del", "hr", "br", "table",
    "thead", "tbody", "tr", "th", "td", *TAGS,
}
# fmt: on


def html_of(markdown: str) -> str:
    """Return a text as HTML: sanitised, with its formulas drawn by the browser itself."""
    text = UNSEEN.sub("", markdown)
    if len(text) > LONGEST:
        return f"<pre>{html.escape(text)}</pre>"
    return clean(str(_MARKDOWN(text)))


def clean(made: str) -> str:
    """Return HTML reduced to what text needs."""
    attributes = {**ATTRIBUTES, "p": {"class"}, "div": {"class"}, "ol": {"start"}, "th": {"scope"}}
    return nh3.clean(made, tags=_ALLOWED, attributes=attributes, link_rel=None, url_schemes=set())


class _Renderer(HTMLRenderer):
    """Writes HTML without links, pictures and headings."""

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Return the words of a link, and the address as text."""
        return text if url in (text, f"mailto:{text}") else f"{text} ({html.escape(url)})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return what stands for a picture."""
        return f"[picture: {text}]" if text else "[picture]"

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Return a heading as a paragraph of its own."""
        return f'<p class="heading"><strong>{text}</strong></p>\n'


def _block_formula(block: Any, found: re.Match[str], state: BlockState) -> int:
    state.append_token({"type": "block_formula", "raw": found["dollars"] or found["brackets"]})
    return found.end()


def _inline_formula(inline: Any, found: re.Match[str], state: InlineState) -> int:
    shown = found["shown"] or found["bracketed"]
    raw = shown or found["round"] or found["dollar"]
    state.append_token({"type": "inline_formula", "raw": raw, "attrs": {"display": bool(shown)}})
    return found.end()


def _formulas(md: Markdown) -> None:
    """Teach the parser formulas; they come before anything that Markdown might see in them."""
    md.block.register("block_formula", _BLOCK, _block_formula, before="list")
    for rules in (md.block.list_rules, md.block.block_quote_rules):
        md.block.insert_rule(rules, "block_formula", before="list")
    md.inline.register("inline_formula", _INLINE, _inline_formula, before="escape")
    assert md.renderer is not None
    md.renderer.register("block_formula", _shown)
    md.renderer.register("inline_formula", lambda _, text, display: mathml(text, display))


def _shown(renderer: Any, text: str) -> str:
    return f'<div class="formula">{mathml(text, display=True)}</div>\n'


def _wide_tables(md: Markdown) -> None:
    """Let a table scroll by itself, and say of header cells that they head their columns."""
    assert md.renderer is not None
    md.renderer.register("table", lambda _, text: f'<div class="wide"><table>{text}</table></div>')
    md.renderer.register("table_cell", _cell)


def _cell(renderer: Any, text: str, align: str | None = None, head: bool = False) -> str:
    return f'<th scope="col">{text}</th>' if head else f"<td>{text}</td>"


_MARKDOWN = Markdown(
    _Renderer(escape=True), plugins=[table, table_in_list, table_in_quote, _formulas, _wide_tables]
)
