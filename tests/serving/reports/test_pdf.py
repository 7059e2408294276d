"""A page as PDF is a PDF with its pictures in color, and asks nothing of the network."""

import builtins
import re
from typing import Any

import pytest

from features.errors import ConfigError
from serving.reports.charts import bars
from serving.reports.pdf import _with_own_colors, pdf_of


def test_without_the_library_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *given: Any, **more: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'\nand more")
        return whole(name, *given, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"libpango-1.0-0'\): install it with `pip install 'respite\[pdf\]'`"):
        pdf_of("<p>a page</p>")


def test_pictures_carry_colors_of_their_own() -> None:
    page = _with_own_colors(f"<p>{bars([('workload', 1.0), ('schedule', -1.0)], 'about')}</p>")
    assert "var(" not in page
    assert re.search(r"<svg [^>]*><style>[^<]*\.own\{[^<]*stroke: #17656e", page)
    assert 'style="fill:#b0500c"' in page


def test_a_page_becomes_a_pdf() -> None:
    pytest.importorskip("weasyprint", reason="needs the extra 'pdf'")
    assert pdf_of(f"<p>{bars([('workload', 1.0)], 'about')}</p>").startswith(b"%PDF")
