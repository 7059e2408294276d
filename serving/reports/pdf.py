"""A page as PDF, for those who print or file it. Needs the extra `pdf`, and Pango on the machine."""

import re
from functools import cache
from pathlib import Path

from features.errors import ConfigError

__all__ = ["pdf_of"]

_HOW = (
    "install it with `pip install 'respite[pdf]'`, and Pango with `apt-get install libpango-1.0-0 libpangoft2-1.0-0`,"
    " or print the HTML page from a browser."
)


def pdf_of(page: str) -> bytes:
    """The page on A4, as its style prints it; nothing is asked of the network.

    Raises
    ------
    ConfigError
        The library, or Pango, is not installed.
    """
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as error:  # without Pango the import raises OSError
        reason = str(error).splitlines()[0]
        raise ConfigError(f"--format pdf needs WeasyPrint and Pango ({reason}): {_HOW}") from error
    made: bytes = HTML(string=_with_own_colors(page), url_fetcher=_refuse).write_pdf()
    return made


def _with_own_colors(page: str) -> str:
    """The page with the style of its pictures inside them: WeasyPrint draws each by itself, and knows no variables."""
    style, colors = _style_of_pictures()
    page = re.sub(r"(<svg [^>]*>)", rf"\1<style>{style}</style>", page)
    return re.sub(r'(?<=style=")fill:var\(--([\w-]+)\)', lambda found: f"fill:{colors[found[1]]}", page)


@cache
def _style_of_pictures() -> tuple[str, dict[str, str]]:
    """The rules of the page's style that are about parts of pictures, in the colors of light; and those colors."""
    style = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    colors = dict(re.findall(r"--([\w-]+): ([^;]+);", style[: style.index("}")]))
    rules = re.findall(r"^svg ([^{]+)\{([^}]*)\}", re.sub(r"\} svg ", "}\nsvg ", style), re.MULTILINE)
    found = "".join(f"{where.strip()}{{{what}}}" for where, what in rules)
    return re.sub(r"var\(--([\w-]+)\)", lambda named: colors[named[1]], found), colors


def _refuse(url: str, *_: object, **__: object) -> None:
    raise ValueError(f"a page asks for {url}; pages are whole in themselves")
