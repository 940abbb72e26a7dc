/// The pages' own JavaScript. Without it a page shows everything but other trials' maps, unfolded and
/// unsorted, and both switches work.
enum Script {
  static let text = "\"use strict\";\n" + shell + tables + heatMap

  /// Remembers the switches, speaks the chosen language where CSS cannot, copies commands.
  private static let shell = ##"""
    const root = document.documentElement;
    root.classList.add("js");
    const all = (selector, of = document) => [...of.querySelectorAll(selector)];
    const remembered = (key, value) => {
      try {
        if (value === undefined) return localStorage.getItem("tenbin-" + key);
        localStorage.setItem("tenbin-" + key, value);
      } catch { return null; }
    };
    const speak = () => {
      const language = document.getElementById("lang-ja").checked ? "ja" : "en";
      root.lang = language;
      const heading = document.querySelector("h1 ." + language) ?? document.querySelector("h1");
      document.title = heading.textContent;
      for (const e of all("[data-in]")) e.setAttribute(e.dataset.in, e.dataset[language]);
    };
    for (const input of all(".switch input")) {
      if (remembered(input.name) === input.value) input.checked = true;
      input.addEventListener("change", () => { remembered(input.name, input.value); speak(); });
    }
    speak();
    const copied = async text => {
      try { await navigator.clipboard.writeText(text); } catch {
        const area = document.createElement("textarea");
        area.value = text;
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
    };
    for (const button of all("button.copy")) {
      button.addEventListener("click", async () => {
        await copied(document.getElementById(button.dataset.of).textContent);
        button.classList.add("done");
        setTimeout(() => button.classList.remove("done"), 1500);
      });
    }

    """##

  /// Sorting (numbers by their data-v, missing ones last, texts by their characters), filtering by
  /// words, folding. Rows of data-of stay below the row of that id.
  private static let tables = ##"""
    for (const table of all("table.data")) {
      const body = table.tBodies[0];
      const owned = {};
      for (const row of body.rows) {
        if (row.dataset.of) (owned[row.dataset.of] ??= []).push(row);
      }
      const key = (row, column) => row.children[column].dataset.v;
      for (const button of all("thead button", table)) {
        button.addEventListener("click", () => {
          const th = button.closest("th"), column = [...th.parentNode.children].indexOf(th);
          const down = th.getAttribute("aria-sort") === "ascending";
          for (const other of all("th", table)) other.removeAttribute("aria-sort");
          th.setAttribute("aria-sort", down ? "descending" : "ascending");
          const numeric = th.classList.contains("num");
          const ordered = rows => rows.sort((a, b) => {
            const x = key(a, column), y = key(b, column);
            if (x === "" || y === "") return (x === "") - (y === "");
            const order = numeric ? x - y : x < y ? -1 : x > y ? 1 : 0;
            return down ? -order : order;
          });
          for (const row of ordered([...body.rows].filter(row => !row.dataset.of))) {
            body.append(row, ...ordered(owned[row.id] ?? []));
          }
        });
      }
      for (const button of all("button.fold", table)) {
        const fold = () => {
          const open = button.getAttribute("aria-expanded") !== "true";
          button.setAttribute("aria-expanded", open);
          for (const row of owned[button.closest("tr").id] ?? []) row.classList.toggle("folded", !open);
        };
        button.addEventListener("click", fold);
        fold();
      }
      const filter = table.closest("section")?.querySelector("input.filter");
      filter?.addEventListener("input", () => {
        const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
        const texts = row => ((row.dataset.s ?? "") + " " + row.textContent).toLowerCase();
        const fits = row => words.every(word => texts(row).includes(word));
        let shown = 0;
        for (const row of body.rows) {
          const fit = fits(row) || (owned[row.id] ?? []).some(fits);
          row.classList.toggle("out", !fit);
          row.classList.toggle("found", words.length > 0 && fit);
          if (fit) shown += 1;
        }
        filter.closest(".tools").querySelector("output").textContent = shown + " / " + body.rows.length;
      });
    }

    """##

  /// Any trial in either panel of the heat map.
  private static let heatMap = ##"""
    const source = document.getElementById("heat-data");
    if (source) {
      const heat = JSON.parse(source.textContent);
      const style = v => v === null ? "hx" : "h" + (v <= 0 ? 0 : Math.max(0, Math.min(
        heat.steps - 1, Math.floor((Math.log10(v) - heat.lo) / (heat.hi - heat.lo) * heat.steps))));
      const csv = () => "trial,module,relative_error_heldout\n" + all("div.panel select").map(
        s => heat.trials[s.value]).map(t => t.v.map((v, i) => v === null ? "" :
          t.n + "," + heat.cells[i] + "," + v + "\n").join("")).join("");
      const text = v => v === null ? "–" : v === 0 ? "0" : v >= 0.001 && v < 1e6 ?
        v.toPrecision(3).replace(/e\+?/, "e") : v.toExponential(2).replace("e+", "e");
      for (const panel of all("div.panel")) {
        const select = panel.querySelector("select");
        const chosen = select.dataset.trial;
        select.replaceChildren(...heat.trials.map((t, i) => new Option(t.s, i)));
        select.value = heat.trials.findIndex(t => String(t.n) === chosen);
        select.disabled = false;
        select.addEventListener("change", () => {
          const trial = heat.trials[select.value];
          for (const svg of all("svg", panel)) {
            all("rect", svg).forEach((rect, i) => {
              rect.setAttribute("class", style(trial.v[i]));
              rect.firstChild.textContent = heat.cells[i] + " " + text(trial.v[i]);
            });
          }
          let worst = -1;
          trial.v.forEach((v, i) => {
            if (v !== null && (worst < 0 || v > trial.v[worst])) worst = i;
          });
          panel.querySelector(".worst .at").textContent = worst < 0 ? "" :
            heat.cells[worst] + " " + text(trial.v[worst]);
          document.querySelector("#heat-map .csv a").href =
            "data:text/csv;charset=utf-8," + encodeURIComponent(csv());
        });
      }
    }

    """##
}
