#!/usr/bin/env python3
"""Opens pages in a real browser and says what is wrong with them; exit code 1 where something is.

    Tests/Browser/check_pages.py PAGE.html...

Every page: no error or warning on the console; nothing wider than the window at 390, 768 and 1280 pixels; no
label of a drawing outside the window; both switches work, with JavaScript and without; everything that can be
used is reached by the keyboard; tables sort by what their cells say, filter, and fold; what is printed agrees
with the value behind it; printed on A4 no number of a table is lost. Chromium and Python's standard library are
all it takes; with pdftotext the paper is read back.
"""

import base64
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from devtools import Browser

WIDTHS = [390, 768, 1280]

# What sticks out of the window to the right or left, unless a frame scrolls it.
WIDE = """
(() => {
  const width = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > width + 1) found.push("page " + document.documentElement.scrollWidth);
  const inside = ".scroll *, .beside > div *, pre *, .switch legend, defs, defs *, details:not([open]) > *, details:not([open]) > * *";
  for (const e of document.querySelectorAll(`main *:not(${inside})`)) {
    if (e.tagName === "title" || !e.getClientRects().length) continue;
    const box = e.getBoundingClientRect();
    if (box.right > width + 1.5 || box.left < -1.5) found.push(
      e.tagName + "." + (e.className.baseVal ?? e.className) + " " + Math.round(box.left) + " to " +
      Math.round(box.right) + ": " + e.textContent.slice(0, 40));
  }
  return found.slice(0, 5);
})()
"""

# The table's rows that are shown, as the keys of a column.
KEYS = """
((table, column) => [...document.querySelectorAll("table.data")[table].tBodies[0].rows].filter(
  row => !row.dataset.of).map(row => row.children[column].dataset.v))
"""


class Check:
    """One page's problems."""

    def __init__(self, page, file, is_first):
        self.page, self.file, self.is_first, self.problems = page, file, is_first, []

    def expect(self, truth, what):
        if not truth:
            self.problems.append(what)

    def run(self):
        page = self.page
        page.errors.clear()
        page.size(1280)
        page.open(self.file.as_uri())
        page.js("localStorage.clear()")
        self.language, self.theme = page.js(
            "[...document.querySelectorAll('.switch input[checked]')].map(e => e.value)")
        for language in ["en", "ja"]:
            self.choose("lang", language)
            for width in WIDTHS if language == "en" else WIDTHS[:1]:
                page.size(width)
                for thing in page.js(WIDE):
                    self.problems.append(f"{language}, {width} px: too wide: {thing}")
        page.size(1280)
        self.choose("lang", "en")
        self.switches()
        self.keyboard()
        self.tables()
        self.heat_map()
        self.numbers()
        self.paper()
        self.without_script()
        self.problems += [f"console: {error}" for error in page.errors]
        return self.problems

    def choose(self, group, value):
        self.page.js(f"document.getElementById('{group}-{value}').click()")

    def switches(self):
        page = self.page
        visible = "[...document.querySelectorAll('main .%s')].filter(e => e.getClientRects().length).length"
        colors = set()
        for theme in ["light", "dark"]:
            self.choose("theme", theme)
            colors.add(page.js("getComputedStyle(document.body).backgroundColor"))
        self.expect(len(colors) == 2, f"the theme changes nothing: {colors}")
        self.choose("lang", "ja")
        self.expect(page.js(visible % "en") == 0, "English is left on the Japanese page")
        self.expect(page.js("document.documentElement.lang") == "ja", "the page's language is not ja")
        self.choose("lang", "en")
        self.expect(page.js(visible % "ja") == 0, "Japanese is left on the English page")
        if not self.is_first:
            return self.choose("theme", "auto")
        # What a page stores reaches the next one, which has a process of its own, only after a moment.
        remembered = False
        for _ in range(8):
            time.sleep(0.5)
            page.open(self.file.as_uri())
            remembered = page.js("document.getElementById('theme-dark').checked")
            if remembered:
                break
        self.expect(remembered, "the theme is not remembered")
        self.choose("theme", "auto")

    def keyboard(self):
        page = self.page
        lost = page.js("""[...document.querySelectorAll("a[href], button, input, select, summary, .scroll")].filter(
          e => e.getClientRects().length && e.tabIndex < 0).map(e => e.outerHTML.slice(0, 60))""")
        self.expect(not lost, f"not reached by the keyboard: {lost[:3]}")
        page.js("document.activeElement.blur(); document.body.focus(); scrollTo(0, 0)")
        reached = set()
        for _ in range(12):
            page.press("Tab", 9)
            reached.add(page.js("document.activeElement.tagName"))
        self.expect({"INPUT", "A"} <= reached, f"the keyboard reaches only {reached}")

    def tables(self):
        page = self.page
        for table in range(page.js("document.querySelectorAll('table.data').length")):
            columns = page.js(f"""[...document.querySelectorAll("table.data")[{table}].tHead.rows[0].cells].map(
              th => th.classList.contains("num"))""")
            for column, numeric in enumerate(columns):
                for down in [False, True]:
                    page.js(f"document.querySelectorAll('table.data')[{table}].tHead.rows[0].cells[{column}]"
                            ".querySelector('button').click()")
                    keys = [key for key in page.js(f"{KEYS}({table}, {column})") if key != ""]
                    values = [float(key) for key in keys] if numeric else [k.encode("utf-16-be") for k in keys]
                    self.expect(values == sorted(values, reverse=down), f"table {table} is not sorted by {column}")
            below = page.js(f"""[...document.querySelectorAll("table.data")[{table}].tBodies[0].rows].filter(row => {{
              let up = row;
              while (up.dataset.of) up = up.previousElementSibling;
              return row.dataset.of && up.id !== row.dataset.of;
            }}).length""")
            self.expect(below == 0, "a row left its trial when the table was sorted")
        folds = page.js("document.querySelectorAll('button.fold').length")
        if folds:
            shown = "[...document.querySelectorAll('tr[data-of]')].filter(e => e.getClientRects().length).length"
            self.expect(page.js(shown) == 0, "rows are not folded at first")
            page.js("document.querySelectorAll('button.fold').forEach(e => e.click())")
            every = page.js("document.querySelectorAll('tr[data-of]').length")
            self.expect(page.js(shown) == every, "a fold does not open")
        self.filter()

    def filter(self):
        page = self.page
        if not page.js("!!document.querySelector('input.filter')"):
            return
        rows = "[...document.querySelector('input.filter').closest('section').querySelectorAll('tbody tr')]"
        total = page.js(rows + ".length")
        if total == 0:
            return
        first = page.js(rows + "[0].querySelector('td.name').textContent.trim().split(/\\s+/)[0]")
        for text, least, most in [(first, 1, total), ("no such row", 0, 0), ("", total, total)]:
            page.js(f"""(() => {{ const input = document.querySelector("input.filter");
              input.value = {text!r}; input.dispatchEvent(new Event("input")); }})()""")
            shown = page.js(rows + ".filter(row => !row.classList.contains('out')).length")
            self.expect(least <= shown <= most, f"the filter {text!r} leaves {shown} of {total} rows")

    def heat_map(self):
        page = self.page
        if not page.js("!!document.getElementById('heat-data')"):
            return
        said = page.js("""(() => {
          const panel = document.querySelector("div.panel"), select = panel.querySelector("select");
          const all = [];
          for (let i = 0; i < Math.min(select.options.length, 3); i++) {
            select.value = i;
            select.dispatchEvent(new Event("change"));
            const trial = JSON.parse(document.getElementById("heat-data").textContent).trials[i];
            const texts = [...panel.querySelector("svg.wide").querySelectorAll("rect title")].map(t => t.textContent);
            trial.v.forEach((v, j) => all.push([texts[j].split(" ").pop(), v]));
          }
          return all;
        })()""")
        for text, value in said:
            fine = text == "–" if value is None else text not in ("–", "") and close(text, value)
            self.expect(fine, f"the heat map says {text} of {value}")

    def numbers(self):
        """What a cell says is what is behind it, at the precision that it is said in."""
        cells = self.page.js("""[...document.querySelectorAll("table.data")].flatMap(table =>
          [...table.tBodies[0].rows].flatMap(row => [...row.cells].flatMap((cell, i) =>
            cell.classList.contains("num") && cell.dataset.v !== "" ?
              [[table.tHead.rows[0].cells[i].textContent, cell.textContent, cell.dataset.v]] : [])))""")
        for head, text, value in cells:
            unit = 1e-3 if "×10⁻³" in head else 1e-2 if "%" in head else 1
            self.expect(close(text, float(value.replace("Infinity", "inf")), unit),
                        f"{head}: {text} is said of {value}")

    def paper(self):
        rows = self.page.js("document.querySelectorAll('main tr').length")
        if rows > 400 or not shutil.which("pdftotext"):
            return
        data = self.page.do("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "page.pdf")
            file.write_bytes(base64.b64decode(data))
            text = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True).stdout.decode()
        squeezed = re.sub(r"\s", "", text)
        cells = self.page.js("""[...document.querySelectorAll("table.data")].slice(0, 1).flatMap(t =>
          [...t.rows].slice(0, 40).flatMap(row => [...row.cells].map(cell => [...(cell.querySelectorAll(
            "button.fold, .ja, button.fold *").length ? cell.cloneNode(true).childNodes : cell.childNodes)].filter(
            n => !(n.className ?? "").match?.(/fold|ja/)).map(n => n.querySelector?.(".en")?.textContent ??
            n.textContent).join(""))))""")
        lost = [cell for cell in cells if re.sub(r"\s", "", cell) not in squeezed and cell.isascii()]
        self.expect(not lost, f"lost on paper: {lost[:5]}")

    def without_script(self):
        page = self.page
        page.js("localStorage.clear()")
        page.do("Emulation.setScriptExecutionDisabled", value=True)
        try:
            page.open(self.file.as_uri())
            self.expect(not page.js("document.documentElement.classList.contains('js')"), "the script ran")
            other = "ja" if self.language == "en" else "en"
            page.js(f"document.getElementById('lang-{other}').checked = true")
            left = page.js(f"""[...document.querySelectorAll("main .{self.language}")].filter(
              e => e.getClientRects().length).length""")
            self.expect(left == 0, "without JavaScript the language does not switch")
            hidden = page.js("""[...document.querySelectorAll("tbody tr")].filter(
              e => !e.getClientRects().length && !e.closest("details, .en, .ja")).length""")
            self.expect(hidden == 0, f"without JavaScript {hidden} rows are hidden")
        finally:
            page.do("Emulation.setScriptExecutionDisabled", value=False)


def close(text, value, unit=1):
    """Whether `text`, such as `+29.3 ± 4.6` or `11.5 MB`, is `value` rounded."""
    if math.isinf(value / unit):
        return "∞" in text
    scaled = re.fullmatch(r"\(([^ ]+) ± [^ ]+\)(e-?\d+)", text.strip())
    number = (scaled[1] + scaled[2]) if scaled else text.strip().split(" ")[0].split("\u00a0")[0]
    match = re.fullmatch(r"([+\-−]?)([\d,]+)(?:\.(\d+))?(?:e([+-]?\d+))?", number)
    if not match:
        return False
    suffix = text.strip().split(" ")[-1]
    if abs(value) > 1e300 or "h" in text.split() or "min" in text.split():
        return True
    unit *= {"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}.get(suffix, 1)
    exponent = int(match[4] or 0)
    said = float(number.replace("−", "-").replace(",", ""))
    step = 10.0 ** (exponent - len(match[3] or "")) * unit
    # Five and its half: how a half is rounded is nobody's concern.
    return abs(said * unit - value) <= 0.5 * step + 1e-9 * abs(value) + 1e-300


def main():
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    failed = False
    with Browser() as browser:
        page = browser.page()
        for file in files:
            problems = Check(page, file, file is files[0]).run()
            paint = page.js("performance.getEntriesByType('paint').map(e => Math.round(e.startTime))[0] ?? -1")
            print(f"{file.name}: {len(problems) or 'no'} problems, {file.stat().st_size / 1e6:.2f} MB, "
                  f"first paint {paint} ms")
            for problem in problems[:6]:
                print(f"  {problem}")
            failed = failed or bool(problems)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
