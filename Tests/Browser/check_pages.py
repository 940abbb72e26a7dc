#!/usr/bin/env python3
"""Opens pages in a real browser and says what is wrong with them; exit code 1 where something is.

    Tests/Browser/check_pages.py PAGE.html...

Where PAGE.trials.csv and the other tables of `tenbin report csv` lie beside PAGE.html, the numbers of the page,
tooltips included, are held against them.

Every page: no error or warning on the console; nothing wider than the window at 390, 768 and 1280 pixels; no
label of a drawing outside the window; both switches work, with JavaScript and without; everything that can be
used is reached by the keyboard; tables sort by what their cells say, filter, and fold; what is printed agrees
with the value behind it; printed on A4 no number of a table is lost; it is painted within a second. Chromium and Python's standard library are
all it takes; with pdftotext the paper is read back.
"""

import base64
import csv
import io
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
import urllib.parse

from devtools import Browser

WIDTHS = [390, 768, 1280]

# Milliseconds to the first paint of a page.
FIRST_PAINT = 1000

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
  row => !row.dataset.of).map(row => row.children[column]).map(cell => cell.dataset.v ?? cell.textContent))
"""


class Check:
    """One page's problems."""

    def __init__(self, page, file, is_first):
        self.page, self.file, self.is_first, self.problems = page, file, is_first, []
        self.csv = Files.beside(file)

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
        self.brush()
        self.numbers()
        self.picks()
        self.diagnosis()
        self.timeline()
        self.calibration()
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
        self.modules()
        if page.js("document.querySelectorAll('#heat-map div.panel').length") < 2:
            return
        said = page.js("""(() => {
          const box = document.querySelector("#heat-map .versus");
          box.click();
          const styles = [...document.querySelector("#heat-map div.panel svg.wide").querySelectorAll("rect")].map(
            e => e.getAttribute("class"));
          box.click();
          return [...new Set(styles)];
        })()""")
        self.expect(said and all(re.fullmatch("[ub][0-5]|hx", style) for style in said), f"left over right: {said}")

    def brush(self):
        """A brush on the last axis of the parallel plot keeps some lines; Escape brings all back."""
        page = self.page
        away = "document.querySelectorAll('#parallel svg.wide .through.away').length"
        total = page.js("document.querySelectorAll('#parallel svg.wide .through').length")
        if not total:
            return
        axis = "[...document.querySelectorAll('#parallel svg.wide .axis-touch')].pop()"
        left, top, width, height = page.js(f"""(() => {{ const e = {axis}; e.scrollIntoView({{block: "center"}});
          const r = e.getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; }})()""")
        x = left + width / 2
        for kind, y in [("mousePressed", top + height / 2), ("mouseMoved", top + height),
                        ("mouseMoved", top + height + 3), ("mouseReleased", top + height + 3)]:
            page.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        kept = page.js("document.querySelector('#parallel output').textContent")
        self.expect(0 < page.js(away) < total and kept.startswith(f"{total - page.js(away)} / {total}"),
                    f"the brush leaves {kept!r} of {total}, {page.js(away)} faded")
        page.js(f"{axis}.focus()")
        page.press("Escape", 27)
        self.expect(page.js(away) == 0, "Escape does not clear the brush")
        page.press("ArrowUp", 38)
        self.expect(page.js("!!document.querySelector('#parallel .brushed')"), "the keyboard does not brush")
        page.press("Escape", 27)

    def numbers(self):
        """What a cell says is what is behind it, and what the CSV files say, at the precision it is said in."""
        tables = self.page.js("""[...document.querySelectorAll("table.data")].map(table => ({
          heads: [...table.tHead.rows[0].cells].map(th => ({...th.dataset, title: th.title || th.textContent})),
          rows: [...table.tBodies[0].rows].map(row => ({trial: row.dataset.trial, part: row.dataset.part, cells: [...row.cells].map(cell =>
            [cell.classList.contains("num"), cell.textContent, cell.dataset.v ?? cell.textContent])}))}))""")
        self.tooltips()
        for table in tables:
            for row in table["rows"]:
                for head, (numeric, text, value) in zip(table["heads"], row["cells"]):
                    if not numeric:
                        continue
                    unit = float(head.get("unit", 1))
                    if value != "":
                        self.expect(close(text, float(value.replace("Infinity", "inf")), unit),
                                    f"{head['title']}: {text} is said of {value}")
                    if self.csv and "csv" in head and row.get("part"):
                        self.part(head, row["part"], text, unit)
                    if self.csv and "csv" in head and row.get("trial"):
                        domain = row["cells"][0][1] if "by" in head else head.get("domain")
                        self.cell(dict(head, domain=domain), row["trial"], text, unit)

    def tooltips(self):
        """Tooltips of trials are their number, and columns of the files in all their digits."""
        if not self.csv:
            return
        # A telephone's drawings say what a page's say.
        for title in set(self.page.js("""[...document.querySelectorAll("figure svg.wide title")].map(
                t => t.textContent).filter(t => t.startsWith("#"))""")):
            trial = domain = None
            for line in title.split("\n"):
                if line.startswith("#"):
                    trial, domain = line[1:].split(" ")[0], None
                elif line.startswith("domain "):
                    domain = line[7:]
                elif not line.startswith("mean of draws: "):
                    column, _, text = line.partition(" ")
                    value = self.csv.value(trial, column, domain)
                    self.expect(value is not None and text not in ("", "–") and float(text) == value,
                                f"a tooltip of #{trial} says {line}, the CSV {value}")

    def modules(self):
        """The heat map's cells, and the table of one trial, against layers.csv."""
        if not self.csv:
            return
        rows = self.page.js("""(() => {
          const rows = [], heat = JSON.parse(document.getElementById("heat-data").textContent);
          const selects = [...document.querySelectorAll("#heat-map div.panel select")];
          const measure = document.querySelector("#heat-map .measure");
          // As the page was written, before the script draws anything.
          document.querySelectorAll("#heat-map div.panel").forEach(panel => {
            const trial = panel.querySelector("select").dataset.trial;
            for (const title of panel.querySelectorAll("svg.wide rect title"))
              rows.push([trial, heat.measures[0].column, title.textContent]);
          });
          for (let m = 0; m < measure.options.length; m++) {
            measure.value = m;
            measure.dispatchEvent(new Event("change"));
            document.querySelectorAll("#heat-map div.panel").forEach((panel, p) => {
              const trial = String(heat.trials[selects[p].value].n);
              for (const title of panel.querySelectorAll("svg.wide rect title"))
                rows.push([trial, heat.measures[m].column, title.textContent]);
            });
          }
          measure.value = 0;
          measure.dispatchEvent(new Event("change"));
          const list = document.querySelector("#one-trial select");
          for (let i = 0; i < Math.min(3, list.options.length); i++) {
            list.value = list.options.length - 1 - i;
            list.dispatchEvent(new Event("change"));
            const trial = list.selectedOptions[0].textContent.slice(1).split(" ")[0];
            const table = document.querySelector("#one-trial .modules table");
            for (const row of table.tBodies[0].rows) [...row.cells].slice(1).forEach((cell, c) =>
              rows.push([trial, heat.measures[c].column, row.cells[0].textContent + " " + cell.textContent]));
          }
          return rows;
        })()""")
        self.expect(rows, "the heat map has no cells")
        for trial, column, text in rows:
            path, _, said = text.rpartition(" ")
            value = self.csv.module(trial, path, column)
            if isinstance(value, str):
                fine = said == value
            elif said == "–":
                fine = value is None or value < 0 or math.isinf(value)
            else:
                fine = value is not None and close(said, value)
            self.expect(fine, f"{text} of #{trial}: {column} is {value} in the CSV")

    def rows(self, figure):
        """The rows of the CSV that is linked below a figure."""
        href = self.page.js(f"document.querySelector('#{figure} .csv a')?.href ?? ''")
        text = urllib.parse.unquote(href.partition(",")[2])
        return list(csv.DictReader(io.StringIO(text)))

    def picks(self):
        """What a repeated pick's own checkpoint scored against picks.csv, and the trials' files."""
        own = dict(self.page.js("""[...document.querySelectorAll("#picks [data-own]")].map(e =>
          [e.dataset.own, (e.querySelector(".en") ?? e).textContent])"""))
        rows = [row for row in self.rows("picks") if row.get("pick", "avoid") != "avoid"]
        self.expect(set(own) == {row["trial"] for row in rows if row["repeats"] != "0"},
                    f"own scores of {sorted(own)}, picks.csv {rows}")
        for row in rows:
            if row["trial"] not in own:
                continue
            found = re.search(r"scored (?:perplexity (\S+)|(.* %), KL (.*))\.$", own[row["trial"]])
            said = zip(found.groups(), ["own_perplexity", "own_perplexity_change_percent", "own_kld_mean"], [1, 1, 1e-3])
            self.expect(all(close(text.removesuffix(" %"), float(row[name]), unit) for text, name, unit in said if text),
                        f"{own[row['trial']]!r} is said of {row}")
            if self.csv:
                self.expect(float(row["own_perplexity"]) == self.csv.value(row["trial"], "perplexity"),
                            f"#{row['trial']}'s own perplexity is not that of trials.csv")

    def diagnosis(self):
        """The bars of a waterfall and the numbers of hypotheses against the CSVs below them."""
        bars = self.page.js("""[...document.querySelectorAll("#waterfall svg.wide.en .bar")].map(bar =>
          [bar.querySelector("title").textContent, bar.nextElementSibling.textContent])""")
        rows = self.rows("waterfall")
        self.expect(len(bars) == len(rows), f"{len(bars)} bars, {len(rows)} rows in the waterfall's CSV")
        for (title, label), row in zip(bars, rows):
            said = dict(line.split(" ") for line in title.split("\n")[1:])
            self.expect(said == {name: row[name] for name in said} and close(label, float(row["part"])),
                        f"a bar says {label}, {said}, the waterfall's CSV {row}")
        shown = self.page.js("""[...document.querySelectorAll("#hypotheses .en tbody tr")].map(row =>
          [row.cells[0].textContent, row.cells[3].textContent])""")
        values = {}
        for row in self.rows("hypotheses"):
            values.setdefault(row["hypothesis"], []).extend(
                float(row[name]) for name in ["value", "low", "high", "threshold"] if math.isfinite(number(row[name] or "nan")))
        for hypothesis, text in shown:
            said = [part for found in DECIDING.findall(text) for part in found if part]
            self.expect(len(said) == len(values[hypothesis]) and all(map(close, said, values[hypothesis])),
                        f"{hypothesis} says {said}, the CSV of hypotheses {values[hypothesis]}")

    def timeline(self):
        """The bars of the timeline against its CSV."""
        rows = {(row["attempt"], row["kind"], row["number"]): row for row in self.rows("timeline")}
        said = set()
        for title in self.page.js("[...document.querySelectorAll('#timeline svg.wide title')].map(t => t.textContent)"):
            name, began, ended = title.split("\n")
            _, attempt, kind, *numbers = name.split(" ")
            for key in [(attempt, kind, number) for number in numbers]:
                said.add(key)
                row = rows.get(key, {})
                self.expect((f"began {row.get('began')}", f"ended {row.get('ended')}") == (began, ended),
                            f"the timeline says {title!r}, its CSV {row}")
        self.expect(not rows or {key for key in rows if key[1] != "trial"} <= said, "steps are not in the timeline")

    def calibration(self):
        """What a study says of its calibration set against calibration.csv."""
        if not self.csv:
            return
        shown = self.page.js("""[...document.querySelectorAll("#calibration [data-row]")].map(e => [e.dataset.row,
          e.tagName === "DD" ? [e.firstChild.textContent] : [...e.cells].slice(0, 3).map(cell =>
            (cell.querySelector(".en") ?? cell).textContent)])""")
        self.expect(sorted(int(place) for place, _ in shown) == list(range(len(self.csv.calibration))),
                    f"{len(shown)} counts of the calibration set, {len(self.csv.calibration)} in the CSV")
        for place, said in shown:
            row = self.csv.calibration[int(place)]
            fine = close(said[0], float(row["value"])) if len(said) == 1 else (
                said[0] == plain(row["name"]) and close(said[1], float(row["value"])) and close(said[2], float(row["share"])))
            self.expect(fine, f"the calibration set: {said} is said of {row}")

    def part(self, head, part, text, unit):
        """A cell of a group of tokens against divergence.csv."""
        found = self.csv.parts.get((head["trial"], plain(head["domain"]), part), {})
        value, stderr = found.get(head["csv"], (None, None))
        fine = value is None if text == "–" else value is not None and close(text, value, unit) and (
            stderr is None or "±" not in text or close(text, stderr, unit, part=1))
        self.expect(fine, f"{part} of #{head['trial']}: {head['csv']} is {value}, {stderr} in the CSV: {text}")

    def cell(self, head, trial, text, unit):
        """A cell against the files."""
        value, stderr = (self.csv.value(trial, head["csv"], head.get("domain")),
                         self.csv.stderr(trial, head["csv"], head.get("stderr"), head.get("domain")))
        if text.strip() == "–":
            paired = head["csv"] in ("nll_delta", "kld_mean", "same_top_p")
            self.expect(not value or not abs(value) < 1e12 or value < 0 or paired and not self.csv.has_base,
                        f"{head['csv']} of {trial} is {value} in the CSV, and missing")
            return
        self.expect(value is not None and close(text, value, unit),
                    f"{head['csv']} of {trial} is {value} in the CSV: {text}")
        if stderr is not None and "±" in text:
            self.expect(close(text, stderr, unit, part=1), f"{head['stderr']} of {trial} is {stderr} in the CSV: {text}")

    def paper(self):
        rows = self.page.js("document.querySelectorAll('main tr').length")
        if rows > 400 or not shutil.which("pdftotext"):
            return
        data = self.page.do("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "page.pdf")
            file.write_bytes(base64.b64decode(data))
            text = subprocess.run(["pdftotext", "-raw", file, "-"], capture_output=True, check=True).stdout.decode()
        squeezed = squeeze(text)
        # Every word that the page shows in English, unfolded: headings, sentences, cells, drawings.
        words = self.page.js("""(() => {
          const words = new Set(), walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
          const gone = ".ja, [hidden], .js-only, .csv, .switches, .contents, .tools, .on-screen, .again, select, title, .narrow, .in-cell, details";
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            if (node.parentElement.closest(gone)) continue;
            for (const word of node.textContent.split(/\\s+/)) if (word) words.add(word);
          }
          return [...words];
        })()""")
        lost = [word for word in words if squeeze(word) not in squeezed and not UNPRINTABLE.search(word)]
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


class Files:
    """The CSV files of a study, which lie beside its page."""

    def __init__(self, page):
        def rows(name):
            with open(page.with_suffix(f".{name}.csv"), newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
        self.calibration = rows("calibration")
        self.trials = {row["trial"]: row for row in rows("trials")}
        self.layers = {}
        for row in rows("layers"):
            module = re.sub(r"\.experts\.\d+\.", ".experts.*.", plain(row["module"]))
            self.layers.setdefault((row["trial"], f"layers.{row['layer']}.{module}"), []).append(row)
        self.statistics = {(row["trial"], plain(row["domain"]), row["statistic"]): row for row in rows("divergence")
                           if row["tokens"] == "all"}
        # By group of tokens: its size, and value and error of each of its statistics.
        self.parts = {}
        for row in rows("divergence"):
            part = self.parts.setdefault((row["trial"], plain(row["domain"]), f"{row['tokens']} {row['group']}"), {})
            part["tokens_scored"] = (number(row["tokens_scored"]), None)
            part[row["statistic"]] = (number(row["value"]), number(row["stderr"]))
        # By prompt, position and rank of a token: its probabilities, and the base's token's of that rank.
        for row in rows("next_tokens"):
            for rank, names in ((row["rank"], ("probability", "base_probability", "kld")), (row["base_rank"], ("of_base",))):
                part = self.parts.setdefault((row["trial"], "next_tokens", f"{row['prompt']} {row['position']} {rank}"), {})
                for name in names if rank else ():
                    part[name] = (number(row["probability" if name == "of_base" else name]), None)
        self.evaluations = {(row["trial"], plain(row["domain"]), row["metric"]): row for row in rows("evaluations")}

    def module(self, trial, path, column):
        """A column of layers.csv, or the quotient of two; the mean over the experts that stand together."""
        found = self.layers.get((trial, plain(path)), [])
        if column == "solver_path":
            paths = [row[column] for row in found]
            return max(sorted(set(paths)), key=paths.count) if paths else None
        values = []
        for row in found:
            parts = [number(row[name]) for name in column.split("/")]
            if None not in parts and len(parts) == 2 and 0 < parts[1] < math.inf:
                values.append(parts[0] / parts[1])
            elif None not in parts and len(parts) == 1:
                values.append(parts[0])
        return sum(values) / len(values) if values else None

    @property
    def has_base(self):
        """Whether there is a base that trials are held against."""
        domain = next((row["domain"] for row in self.trials.values() if row["domain"]), "")
        base = self.value("base", "perplexity", domain)
        return base is not None and 0 < base < math.inf

    @classmethod
    def beside(cls, page):
        return cls(page) if page.with_suffix(".trials.csv").exists() else None

    def value(self, trial, column, domain=None):
        """What a column says of a trial, or a metric on `domain`; None where it says nothing."""
        if domain and column.endswith("_stderr"):
            name = column.removesuffix("_stderr")
            metric = name if (trial, plain(domain), name) in self.evaluations else name + "_mean"
            return self.stderr(trial, metric, column, domain)
        key = (trial, plain(domain or ""), column)
        row = self.evaluations.get(key, self.statistics.get(key, {})) if domain else self.trials.get(trial, {})
        return number(row.get("value" if domain else column, ""))

    def stderr(self, trial, column, stderr, domain=None):
        if domain:
            return number(self.evaluations.get((trial, plain(domain), column), {}).get("stderr", ""))
        return number(self.trials.get(trial, {}).get(stderr, "")) if stderr else None


# What pdftotext gives back in another order, or not at all: right to left, beyond the basic plane, replaced,
# raised minus signs.
UNPRINTABLE = re.compile("[\u0000-\u001f\u207b\u0590-\u08ff\ufffd\U00010000-\U0010ffff]")


def squeeze(text):
    """A text without spaces, hyphens at line ends, and differences of form."""
    return re.sub(r"[\s\u00ad\ufffd]", "", unicodedata.normalize("NFKC", text))


def number(text):
    return float(text) if text else None


def plain(text):
    """A name without what a page may not hold."""
    return "".join(c for c in text if c >= " " and c not in "\ufffd\ufffe\uffff" and not (
        "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"))


# A number that decided a hypothesis, with its interval and its limit.
DECIDING = re.compile(r": (\S+)(?: \[(\S+), (\S+)\])?(?: \(.*limit (\S+)\))?$", re.MULTILINE)
NUMBER = re.compile(r"([+\-−]?)([\d,]+)(?:\.(\d+))?(?:e([+-]?\d+))?")
BYTES = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def close(text, value, unit=1, part=0):
    """Whether `text`, such as `+29.3 ± 4.6`, `11.5 MB` or `2 h 05 min`, is `value` rounded; of an estimate its
    standard error where `part` is 1. What cannot be read is not close."""
    text = text.replace("\u00a0", " ").strip()
    if math.isinf(value / unit):
        return ("−∞" if value < 0 else "∞") in text
    time = re.fullmatch(r"(?:(\d+) h )?(\d+) min", text)
    if time:
        return abs(int(time[1] or 0) * 3600 + int(time[2]) * 60 - value) <= 30.001
    exponent = 0
    scaled = re.fullmatch(r"\((.*)\)e(-?\d+)", text)
    if scaled:
        text, exponent = scaled[1], int(scaled[2])
    parts = [said.strip() for said in text.split("±")]
    if part >= len(parts):
        return False
    match = NUMBER.match(parts[part])
    if not match:
        return False
    # An interval behind a value, such as `+0.084 [0.05, 0.12]` or `（区間なし）`, is not the value.
    suffix = re.sub(r"(\[.*\]|\(no interval\)|（区間なし）)$", "", parts[part][match.end():]).strip()
    if suffix == "%":
        unit = 0.01
    if suffix in BYTES:
        unit *= BYTES[suffix]
    elif suffix not in ("", "s", "%", "×"):
        return False
    said = float(f"{match[1].replace('−', '-')}{match[2].replace(',', '')}.{match[3] or '0'}e{int(match[4] or 0) + exponent}")
    step = float(f"1e{int(match[4] or 0) + exponent - len(match[3] or '')}") * unit
    # Five and its half: how a half is rounded is nobody's concern.
    return abs(said * unit - value) <= 0.5 * step + 1e-9 * abs(value) + 1e-300


def first_paint(page, file):
    """Milliseconds from opening a page to its first paint: the best of three, since a busy machine only ever makes
    it later."""
    best = math.inf
    for _ in range(3):
        page.open(file.as_uri())
        for _ in range(50):
            paint = page.js("performance.getEntriesByType('paint').map(e => Math.round(e.startTime))[0] ?? -1")
            if paint >= 0:
                best = min(best, paint)
                break
            time.sleep(0.1)
        if best < FIRST_PAINT:
            break
    return best


def main():
    files = [pathlib.Path(name).resolve() for name in sys.argv[1:]]
    failed = False
    with Browser() as browser:
        page = browser.page()
        for file in files:
            problems = Check(page, file, file is files[0]).run()
            paint = first_paint(page, file)
            if paint >= FIRST_PAINT:
                problems.append(f"first painted after {paint} ms, {FIRST_PAINT} is the limit")
            print(f"{file.name}: {len(problems) or 'no'} problems, {file.stat().st_size / 1e6:.2f} MB, "
                  f"first paint {paint} ms")
            for problem in problems[:6]:
                print(f"  {problem}")
            failed = failed or bool(problems)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
