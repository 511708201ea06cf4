"""The coloured box: readable as plain text, inert as HTML."""

from coursekit.display import Box, show


def test_a_box_is_its_text_in_a_terminal_and_escaped_in_a_notebook(capsys):
    box = Box("wrong", "a < b & <script>")
    assert repr(box) == "a < b & <script>"
    assert "<script>" not in box._repr_html_()
    assert "a &lt; b" in box._repr_html_()
    show("ok", "visible checks passed")
    assert capsys.readouterr().out == "visible checks passed\n"


def test_the_three_tones_differ_in_colour():
    assert len({Box(tone, "x")._repr_html_() for tone in ("ok", "wrong", "note")}) == 3
