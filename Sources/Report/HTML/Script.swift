/// The page's own JavaScript: sorting of the tables, and the choice of trials in the heat map.
/// Without it the page shows everything but the other trials' maps.
enum Script {
  static let text = ##"""
    "use strict";
    // Sorting: numbers by their data-v, missing ones last, texts by their characters.
    for (const button of document.querySelectorAll("th button")) {
      button.addEventListener("click", () => {
        const th = button.parentNode, row = th.parentNode, table = th.closest("table");
        const column = [...row.children].indexOf(th);
        const down = th.getAttribute("aria-sort") === "ascending";
        for (const other of row.children) other.removeAttribute("aria-sort");
        th.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = tr => tr.children[column].dataset.v;
        const numeric = th.classList.contains("num");
        const body = table.tBodies[0];
        const rows = [...body.rows].sort((a, b) => {
          const x = key(a), y = key(b);
          if (x === "" || y === "") return (x === "") - (y === "");
          const order = numeric ? x - y : x < y ? -1 : x > y ? 1 : 0;
          return down ? -order : order;
        });
        body.append(...rows);
      });
    }
    // Heat map: any trial in either panel.
    const source = document.getElementById("heat-data");
    if (source) {
      const heat = JSON.parse(source.textContent);
      const shown = v => v === null ? "–" : v === -9999 ? "0" : Number(10 ** (v / 100)).toPrecision(2)
        .replace("e+", "e");
      const style = v => v === null ? "hx" : "h" + Math.max(0, Math.min(heat.steps - 1,
        Math.floor((v - heat.lo) / (heat.hi - heat.lo) * heat.steps)));
      const csv = () => "trial,module,relative_error_heldout\n" + [...document.querySelectorAll(
        "div.panel select")].map(s => heat.trials[s.value]).map(t => t.v.map((v, i) => v === null ? "" :
          t.n + "," + heat.cells[i] + "," + (v === -9999 ? 0 : 10 ** (v / 100)) + "\n").join(""))
        .join("");
      for (const panel of document.querySelectorAll("div.panel")) {
        const select = panel.querySelector("select");
        heat.trials.forEach((t, i) => {
          if (String(t.n) !== select.dataset.trial) select.add(new Option(t.s, i));
          else select.options[0].value = i;
        });
        [...select.options].sort((a, b) => a.value - b.value).forEach(o => select.add(o));
        select.value = heat.trials.findIndex(t => String(t.n) === select.dataset.trial);
        select.disabled = false;
        select.addEventListener("change", () => {
          const trial = heat.trials[select.value];
          for (const svg of panel.querySelectorAll("svg")) {
            svg.querySelectorAll("rect").forEach((rect, i) => {
              rect.setAttribute("class", style(trial.v[i]));
              rect.firstChild.textContent = heat.cells[i] + " " + shown(trial.v[i]);
            });
          }
          let worst = -1;
          trial.v.forEach((v, i) => {
            if (v !== null && (worst < 0 || v > trial.v[worst])) worst = i;
          });
          panel.querySelector(".worst").textContent = worst < 0 ? "" :
            panel.dataset.worst + " " + heat.cells[worst] + " " + shown(trial.v[worst]);
          const link = document.querySelector("#heat-map .data a");
          link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(csv());
        });
      }
    }

    """##
}
