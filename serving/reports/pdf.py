"""A page as PDF, for those who print or file it. Needs the extra `pdf`, and Pango on the machine."""

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
    made: bytes = HTML(string=page, url_fetcher=_refuse).write_pdf()
    return made


def _refuse(url: str, *_: object, **__: object) -> None:
    raise ValueError(f"a page asks for {url}; pages are whole in themselves")
