"""plot.py - plots with logarithmic axes, as SVG, for the results"""
import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 350, 70, 20, 54, 56
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e")
STYLE = """text{font:12px sans-serif;fill:#333}.title{font-weight:bold}
.grid{stroke:#ddd}.axis{stroke:#888}.limit{stroke:#888;stroke-dasharray:6 4}"""


def number(x):
    """A short text: 10k, 1M, 0.02"""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if x >= unit:
            return "%g%s" % (round(x / unit, 3), letter)
    return "%g" % x


class Axis:
    """From the power of ten below all values to that above them."""

    def __init__(self, values, start, length):
        self.low = math.floor(math.log10(min(values)))
        self.high = math.ceil(math.log10(max(values)))
        if self.high == self.low:
            self.high += 1
        self.start, self.length = start, length

    def at(self, x):
        share = (math.log10(x) - self.low) / (self.high - self.low)
        return self.start + share * self.length

    def ticks(self):
        return [10.0 ** e for e in range(self.low, self.high + 1)]


def text(x, y, what, anchor="middle", extra=""):
    return ('<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' %
            (x, y, anchor, extra, html.escape(what)))


def line(x1, y1, x2, y2, kind):
    return ('<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>' %
            (kind, x1, y1, x2, y2))


def frame(x, y, title, xlabel, ylabel):
    """Title, grid and axes."""
    left, right = x.start, x.start + x.length
    bottom, top = y.start, y.start + y.length
    yield text((left + right) / 2, TOP - 32, title, extra=' class="title"')
    for tick in x.ticks():
        yield line(x.at(tick), bottom, x.at(tick), top, "grid")
        yield text(x.at(tick), bottom + 17, number(tick))
    for tick in y.ticks():
        yield line(left, y.at(tick), right, y.at(tick), "grid")
        yield text(left - 6, y.at(tick) + 4, number(tick), "end")
    yield line(left, bottom, right, bottom, "axis")
    yield line(left, bottom, left, top, "axis")
    yield text((left + right) / 2, bottom + 38, xlabel)
    middle = (bottom + top) / 2
    yield text(left - 50, middle, ylabel, extra=' transform="rotate(-90 %.1f '
               '%.1f)"' % (left - 50, middle))


def legend(left, names):
    """The names of all lines, above the plot."""
    spans = ['<tspan style="fill:%s">%s</tspan>' %
             (COLOURS[n % len(COLOURS)], html.escape(name))
             for n, name in enumerate(names)]
    return ('<text x="%.1f" y="%.1f">%s</text>' %
            (left, TOP - 8, " \u00b7 ".join(spans)))


def series(x, y, n, points):
    """A line with dots."""
    colour = COLOURS[n % len(COLOURS)]
    places = ["%.1f,%.1f" % (x.at(a), y.at(b)) for a, b in points]
    yield ('<polyline fill="none" stroke="%s" stroke-width="2" points="%s"/>' %
           (colour, " ".join(places)))
    for place in places:
        yield '<circle fill="%s" r="3.5" cx="%s" cy="%s"/>' % (
            (colour, *place.split(",")))


def panel(left, title, xlabel, ylabel, lines, limits=()):
    """lines: {name: [(x, y)...]}; limits: [(name, y)...]"""
    points = [p for ps in lines.values() for p in ps]
    x = Axis([p[0] for p in points], left + LEFT, WIDTH - LEFT - RIGHT)
    y = Axis([p[1] for p in points] + [v for _, v in limits],
             HEIGHT - BOTTOM, -(HEIGHT - TOP - BOTTOM))
    yield from frame(x, y, title, xlabel, ylabel)
    for name, value in limits:
        yield line(x.start, y.at(value), x.start + x.length, y.at(value),
                   "limit")
        yield text(x.start + x.length - 4, y.at(value) - 5, name, "end")
    yield legend(left + LEFT + 4, lines)
    for n, ps in enumerate(lines.values()):
        yield from series(x, y, n, ps)


def write(path, panels):
    """panels: tuples (title, xlabel, ylabel, lines, limits)"""
    width = WIDTH * len(panels)
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
           'width="%d" height="%d">' % (width, HEIGHT, width, HEIGHT),
           "<style>%s</style>" % STYLE,
           '<rect width="100%" height="100%" fill="#fff"/>']
    for n, p in enumerate(panels):
        out += panel(n * WIDTH, *p)
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n</svg>\n")
