"""The figure that every static plot of the course comes in: it carries its own alt text."""

from __future__ import annotations

import base64
import html
import io
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart with any colour vision, and in print.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, INK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
    "#222222",
)
PALETTE = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY)
SEQUENTIAL = "cividis"
DIVERGING = "RdBu_r"


class DescribedFigure(Figure):
    """A matplotlib figure that shows itself in a notebook together with its alt text.

    It never passes through pyplot, so that nothing is drawn twice and no figure is left open.

    Args:
        alt: one or two sentences that give a reader who cannot see the figure its finding.
        **options: passed to :class:`matplotlib.figure.Figure`.
    """

    def __init__(self, *, alt: str, **options: Any) -> None:
        super().__init__(**{"layout": "constrained", **options})
        FigureCanvasAgg(self)
        self.alt = alt

    def png(self, dpi: int = 110) -> bytes:
        """Return the figure as the bytes of a PNG."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=dpi, facecolor="white")
        return buffer.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        picture = base64.b64encode(self.png()).decode()
        alt = html.escape(self.alt, quote=True)
        image = f'<img alt="{alt}" src="data:image/png;base64,{picture}" style="max-width:100%">'
        return {"text/html": image, "text/plain": self.alt}


def finish(axes: Any, *, title: str, x: str, y: str) -> None:
    """Give a pair of axes its finding, its labels, and quiet spines."""
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)
