#!/usr/bin/env python3
"""Opens a page of `tenbin serve` in a real browser and says what is wrong with it; exit code 1 where something is.

    Tests/Browser/check_served.py URL READY

No complaint on the console (a forbidden script would be one), nothing wider than the window, and a live part that
is kept up to date. When that is checked the file READY is written; then somebody is to end another trial in the
study. The page must load again by itself, and put the reader's filter back.
"""

import pathlib
import sys
import time

from devtools import Browser


def wait(page, expression, seconds=60):
    """Waits until the expression is true; whether it was."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if page.js(expression):
            return True
        time.sleep(0.2)
    return False


def main():
    url, ready = sys.argv[1:]
    problems = []
    with Browser() as browser:
        page = browser.page()
        for width in [390, 768, 1280]:
            page.size(width)
            page.open(url)
            if page.js("document.documentElement.scrollWidth") > width + 1:
                problems.append(f"{width} px: scrolls sideways")
        if not page.js("document.querySelector('#live .now') !== null"):
            problems.append("no live part")
        page.js("document.getElementById('lang-ja').click()")
        if "トライアル" not in page.js("document.querySelector('.now').innerText"):
            problems.append("the live part is not in Japanese")
        filtered = "const f = document.querySelector('input.filter'); f.value = 'damp'; f.dispatchEvent(new Event('input'))"
        page.js(f"{{ {filtered} }}")
        version = page.js("document.getElementById('live').dataset.report")
        pathlib.Path(ready).write_text("ready")
        if not wait(page, f"document.getElementById('live')?.dataset.report !== '{version}' && document.readyState === 'complete'"):
            problems.append("the page is not the new one after a minute")
        elif not wait(page, "document.querySelector('input.filter')?.value === 'damp'", 5):
            problems.append("the filter is gone")
        elif not page.js("document.getElementById('lang-ja').checked"):
            problems.append("the language is gone")
        problems += [f"console: {error}" for error in page.errors]
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
