"""A chart is well-formed, within its area, and shows what it is given."""

from xml.etree import ElementTree as ET

from bench.charts import HEIGHT, Mark, Series, chart


def test_a_line_runs_from_corner_to_corner_and_names_are_escaped() -> None:
    line = Series("<a>", [(0, 0), (10, 5_000)])
    text = chart("a & b", [line, Series("empty", [])], [Mark(5, "cut")])
    root = ET.fromstring(text)  # noqa: S314  (our own)
    words = [element.text for element in root.iter() if element.text and element.text.strip()]
    assert {"a & b", "<a>", "cut", "4 k", "10 s"} <= set(words)
    assert f"M64.0 {HEIGHT - 28:.1f}L744.0" in text


def test_nothing_to_draw_is_an_empty_chart() -> None:
    assert "<path" in chart("nothing", [Series("none", [])])
