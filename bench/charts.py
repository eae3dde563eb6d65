"""Lines over time as SVG: no more than a report needs, and no dependency for it."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

Point = tuple[float, float]

NAMESPACE = "http://www.w3.org/2000/svg"
FONT = 'font-family="system-ui, sans-serif" font-size="11"'
WIDTH, HEIGHT = 760, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 44, 28
COLOURS = ("#1f6f8b", "#c8553d", "#5b8e4d", "#8a5a9e", "#b08a2e", "#555555")
STEPS = (1.0, 2.0, 5.0)
LINES = 6
"""At most so many on an axis."""
_THOUSAND = 1_000


class Series(NamedTuple):
    name: str
    points: Sequence[Point]


class Mark(NamedTuple):
    """Something that happened at a time."""

    at: float
    name: str


def chart(title: str, series: Sequence[Series], marks: Sequence[Mark] = ()) -> str:
    """Seconds from left to right, the unit is in the title; both axes begin at 0."""
    last = max((at for one in series for at, _ in one.points), default=1.0) or 1.0
    highest = max((value for one in series for _, value in one.points), default=1.0) or 1.0
    area = _Area(last, highest * 1.05)
    parts = [
        f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {WIDTH} {HEIGHT}" {FONT} fill="#444">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="16" font-size="13" fill="#111">{escape(title)}</text>',
        *area.axes(),
        *(area.mark(mark) for mark in marks),
        *(area.line(one, COLOURS[n % len(COLOURS)]) for n, one in enumerate(series)),
        *(_legend(series) if len(series) > 1 else ()),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Area:
    def __init__(self, last: float, highest: float) -> None:
        self._last, self._highest = last, highest

    def axes(self) -> Iterable[str]:
        for value in _ticks(self._highest):
            y = self._y(value)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_short(value)}</text>'
        for at in _ticks(self._last):
            middle = f'x="{self._x(at):.1f}" y="{HEIGHT - 10}" text-anchor="middle"'
            yield f"<text {middle}>{at:g} s</text>"

    def mark(self, mark: Mark) -> str:
        x = self._x(mark.at)
        return (
            f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#999" stroke-dasharray="3 3"/>'
            f'<text x="{x + 3:.1f}" y="{TOP + 10}" fill="#777">{escape(mark.name)}</text>'
        )

    def line(self, series: Series, colour: str) -> str:
        where = (f"{self._x(at):.1f} {self._y(value):.1f}" for at, value in series.points)
        style = f'fill="none" stroke="{colour}" stroke-width="1.5"'
        return f'<path d="M{"L".join(where)}" {style}/>' if series.points else ""

    def _x(self, at: float) -> float:
        return LEFT + at / self._last * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self._highest * (HEIGHT - TOP - BOTTOM)


def _legend(series: Sequence[Series]) -> Iterable[str]:
    for number, one in enumerate(series):
        x, colour = LEFT + number * 150, COLOURS[number % len(COLOURS)]
        yield f'<path d="M{x} 30h16" stroke="{colour}" stroke-width="2"/>'
        yield f'<text x="{x + 20}" y="34">{escape(one.name)}</text>'


def _ticks(highest: float) -> list[float]:
    """Round numbers from 0 on."""
    size = 1e-6
    while True:
        for step in (size * factor for factor in STEPS):
            if highest / step <= LINES:
                return [number * step for number in range(int(highest / step) + 1)]
        size *= 10


def _short(value: float) -> str:
    return f"{value / _THOUSAND:g} k" if value >= _THOUSAND else f"{value:.4g}"
