"""Build the site into ``site/``: ``make site``. Fails on a link that leads nowhere.

``--pages-only`` leaves out what "Try it" loads, which ``make fetch`` brings.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from scripts.site import browser
from scripts.site.pages import DOCS, ROOT, Menu, menu, stage
from scripts.site.reference import with_docstrings

SITE = ROOT / "site"
FEATURES = (
    "content.code.copy",
    "navigation.footer",
    "navigation.indexes",
    "navigation.path",
    "navigation.top",
    "navigation.tracking",
    "search.highlight",
)
EXTENSIONS: dict[str, dict[str, Any]] = {
    "admonition": {},
    "attr_list": {},
    "md_in_html": {},
    "tables": {},
    "toc": {"permalink": True},
    "pymdownx.details": {},
    "pymdownx.highlight": {"pygments_lang_class": True},
    "pymdownx.inlinehilite": {},
    "pymdownx.superfences": {"custom_fences": []},  # a drawing of mermaid's loads it from elsewhere
}
FIRST = {"README.md": "Batuta", "try.md": "Try it"}
"""Pages that stand before the sections of the menu."""
DOCSTRINGS = {
    "docstring_style": "google",
    "show_root_heading": False,
    "show_root_toc_entry": False,
    "show_source": False,
    "show_bases": False,
    "members_order": "source",
    "filters": ["!^_"],
    "heading_level": 3,
    "separate_signature": True,
    "show_signature_annotations": True,
    "signature_crossrefs": False,
    "show_if_no_docstring": False,
}


def configuration() -> dict[str, Any]:
    """Say how the site is made: no font, script or picture comes from elsewhere."""
    return {
        "site_name": "Batuta",
        "site_description": "Who decides which function is called, and when",
        "docs_dir": "docs",  # an absolute path makes zensical panic
        "site_dir": "site",
        "use_directory_urls": True,
        "nav": _nav(menu((DOCS / "README.md").read_text("utf-8"))),
        "extra_css": ["assets/site.css"],
        "extra_javascript": [
            {"path": f"assets/{name}", "type": "module"} for name in ("site.js", "try/try.js")
        ],
        "theme": {
            "font": False,
            "features": list(FEATURES),
            "palette": [
                {
                    "media": f"(prefers-color-scheme: {shade})",
                    "scheme": scheme,
                    "toggle": {"icon": f"lucide/{icon}", "name": f"Switch to {other} colours"},
                }
                for shade, scheme, icon, other in (
                    ("light", "default", "sun", "dark"),
                    ("dark", "slate", "moon", "light"),
                )
            ],
        },
        "markdown_extensions": EXTENSIONS,
        "plugins": {
            "search": {},
            "mkdocstrings": {
                "handlers": {"python": {"paths": [str(ROOT / "src")], "options": DOCSTRINGS}}
            },
        },
    }


def _nav(sections: Menu) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [{title: page} for page, title in FIRST.items()]
    for title, pages in sections:
        made.append({title: [{name: page} for name, page in pages if page not in FIRST]})
    return made


def build(target: Path, *, whole: bool = True) -> str:
    """Build into a folder that is made anew; gives what was said.

    Raises:
        SystemExit: A page is wrong, or what "Try it" loads is not here.
    """
    with tempfile.TemporaryDirectory() as folder:
        pages = Path(folder) / "docs"
        stage(pages)
        with_docstrings(pages)
        made = Path(folder) / "site"
        said = _zensical(configuration(), Path(folder) / "mkdocs.yml")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(made, target)
        if whole:
            browser.place(target / browser.PLACE)
    return said


def _zensical(wanted: dict[str, Any], file: Path) -> str:
    file.write_text(json.dumps(wanted), "utf-8")  # JSON is YAML
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "-f", str(file)],
        cwd=file.parent,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "NO_COLOR": "1", "PYTHONPATH": str(ROOT), "HOME": str(file.parent)},
    )
    if done.returncode:
        raise SystemExit(f"The site is not built:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, and say how long it took and how large it is."""
    options = argparse.ArgumentParser(description="Build the site.")
    options.add_argument("--to", type=Path, default=SITE)
    options.add_argument("--pages-only", action="store_true")
    asked = options.parse_args()
    began = time.monotonic()
    build(asked.to.resolve(), whole=not asked.pages_only)
    files = [path for path in asked.to.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    pages = sum(path.suffix == ".html" for path in files)
    print(f"{asked.to}: {pages} pages, {size:.1f} MB, in {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
