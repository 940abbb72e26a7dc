/// The pages' own JavaScript. Without it a page shows everything but other trials' maps, unfolded and
/// unsorted, and both switches work.
enum Script {
  static let text =
    "\"use strict\";\n" + shell + tables + numbers + heatMap + brush + oneTrial
    + nextTokens + WeightErrorScript.text

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
    addEventListener("beforeprint", () => {
      for (const name of all(".chosen")) {
        const list = name.closest(".panel, figure, section").querySelector("select");
        name.textContent = list.selectedOptions[0]?.textContent ?? "";
      }
    });
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

  /// Sorting (by data-v, or by what a cell says: numbers, missing ones last; texts by their characters), filtering by
  /// words, folding. Rows of data-of stay below the row of that id.
  private static let tables = ##"""
    const live = table => {
      const body = table.tBodies[0];
      const owned = {};
      for (const row of body.rows) {
        if (row.dataset.of) (owned[row.dataset.of] ??= []).push(row);
      }
      const key = (row, column) => row.children[column].dataset.v ?? row.children[column].textContent;
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
        const texts = row => [table.dataset.s, row.dataset.s, row.textContent].join(" ").toLowerCase();
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
    };
    all("table.data").forEach(live);

    """##
}
