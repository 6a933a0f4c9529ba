"""Charts as inline SVG: no script, no font and no file from elsewhere. Colours come from the page's style sheet."""

from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 14, 34
Point = tuple[float, float]


def lines(
    series: Mapping[str, Sequence[Point]], title: str, x_label: str, y_label: str, x_most: float | None = None
) -> str:
    """Named lines over x from 0 and y in [0, 1]."""
    most = x_most or max((x for points in series.values() for x, _ in points), default=1.0) or 1.0
    drawn = []
    for n, (name, points) in enumerate(series.items()):
        places = [(_x(x / most), _y(y)) for x, y in points]
        path = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f},{y:.1f}" for i, (x, y) in enumerate(places))
        drawn.append(f'<path class="line s{n}" d="{path}"><title>{escape(name)}</title></path>')
    ticks = [_text(_x(part), HEIGHT - 20, f"{part * most:g}", "middle") for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return _frame([*drawn, *ticks, *_legend(list(series))], title, x_label, y_label)


def bars(groups: Mapping[str, Mapping[str, float | None]], title: str) -> str:
    """Horizontal bars in [0, 1], one a series side by side in each group."""
    names = list(dict.fromkeys(name for of in groups.values() for name in of))
    step, height = 12, 0
    drawn = []
    for group, of in groups.items():
        top = TOP + 22 + height
        drawn.append(_text(150, top + step * len(names) / 2 + 3, group, "end"))
        for n, name in enumerate(names):
            value = of.get(name)
            if value is not None:
                y, width = top + n * step, max(1.0, value * 230)
                drawn.append(f'<rect class="bar s{n}" x="156" y="{y:.0f}" width="{width:.1f}" height="{step - 2}"/>')
                drawn.append(_text(160 + width, y + 9, f"{value:.2f}", "start"))
        height += step * len(names) + 8
    return _svg([*drawn, *_legend(names)], title, TOP + height + 30)


def intervals(rows: Sequence[tuple[str, float, float, float]], title: str, x_label: str) -> str:
    """Named values with their intervals (low, value, high) about a line at 0, which none that is sure crosses."""
    most = max((abs(x) for _, *values in rows for x in values), default=0.0) or 1.0
    step, left = 18, 190
    bottom = TOP + step * len(rows)

    def place(x: float) -> float:
        return left + (x / most + 1) / 2 * (WIDTH - left - RIGHT)

    drawn = [f'<path class="grid" d="M{place(0):.1f},{TOP - 4} V{bottom}"/>']
    for n, (name, low, value, high) in enumerate(rows):
        y = TOP + step * n + step / 2
        sure = "s0" if low > 0 or high < 0 else "s1"
        drawn.append(_text(left - 8, y + 4, name, "end"))
        drawn.append(f'<path class="line {sure}" d="M{place(low):.1f},{y} H{place(high):.1f}"/>')
        drawn.append(
            f'<circle class="bar {sure}" cx="{place(value):.1f}" cy="{y}" r="3.5"><title>{value:+.3f}</title></circle>'
        )
    ticks = [_text(place(x), bottom + 14, f"{x:+.2f}" if x else "0", "middle") for x in (-most, 0.0, most)]
    return _svg([*drawn, *ticks, _text(place(0), bottom + 28, x_label, "middle")], title, bottom + 34)


def scatter(points: Sequence[tuple[float, float, str]], title: str, x_label: str, y_label: str) -> str:
    """Points in [0, 1]², the diagonal drawn; equal points grow."""
    counted: dict[Point, list[str]] = {}
    for x, y, name in points:
        counted.setdefault((round(x, 3), round(y, 3)), []).append(name)
    drawn = [f'<path class="grid" d="M{_x(0)},{_y(0)} L{_x(1)},{_y(1)}"/>']
    for (x, y), names in counted.items():
        radius = 2.5 + len(names) ** 0.5
        shown = escape(", ".join(names[:12]) + (" …" if len(names) > 12 else ""))
        drawn.append(
            f'<circle class="dot" cx="{_x(x):.1f}" cy="{_y(y):.1f}" r="{radius:.1f}"><title>{shown}</title></circle>'
        )
    ticks = [_text(_x(part), HEIGHT - 20, f"{part:g}", "middle") for part in (0.0, 0.5, 1.0)]
    return _frame([*drawn, *ticks], title, x_label, y_label)


def _frame(drawn: Sequence[str], title: str, x_label: str, y_label: str) -> str:
    grid = [f'<path class="grid" d="M{_x(0)},{_y(part)} H{_x(1)}"/>' for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    ticks = [_text(LEFT - 6, _y(part) + 4, f"{part:g}", "end") for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    labels = [_text((_x(0) + _x(1)) / 2, HEIGHT - 4, x_label, "middle")]
    place = f"translate(11,{HEIGHT / 2}) rotate(-90)"
    turned = f'<text class="tick" text-anchor="middle" transform="{place}">{escape(y_label)}</text>'
    return _svg([*grid, *ticks, *drawn, *labels, turned], title, HEIGHT)


def _svg(drawn: Sequence[str], title: str, height: float) -> str:
    inside = "\n".join(drawn)
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" '
        f'aria-label="{escape(title)}">\n{inside}\n</svg></figure>'
    )


def _legend(names: Sequence[str]) -> list[str]:
    drawn = []
    for n, name in enumerate(names):
        x = LEFT + 6 + n * 110
        drawn.append(f'<rect class="bar s{n}" x="{x}" y="2" width="10" height="10"/>')
        drawn.append(_text(x + 14, 11, name, "start"))
    return drawn


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _x(part: float) -> float:
    return LEFT + part * (WIDTH - LEFT - RIGHT)


def _y(part: float) -> float:
    return TOP + (1 - part) * (HEIGHT - TOP - BOTTOM)
