/// What a served page has beside every other page: rules of its live part, and the script that keeps it
/// up to date.
enum LiveStyle {
  static let text = """
    #live{margin:10px 0 0;padding:10px 14px;border:1px solid var(--grid);border-radius:4px;background:var(--card)}
    #live .now{margin:0 0 6px;overflow-wrap:anywhere}
    #live .now.running strong{color:var(--gptq)}#live .now.stopped strong{color:var(--fault)}
    #live progress{width:min(420px,100%);height:14px;vertical-align:middle;accent-color:var(--gptq)}
    #live figure{margin:18px 0 0}
    #live .scroll{max-height:min(420px,60vh);overflow-y:auto}
    #live:not(.silent) .lost{display:none}
    #live .lost{color:var(--fault)}
    .onway th{white-space:nowrap}
    td.way{width:30%;min-width:90px}td.way i{display:block;height:10px;background:var(--gptq)}
    .studies td{white-space:normal;overflow-wrap:anywhere;vertical-align:top}
    .three dd{overflow-wrap:anywhere;margin:0 0 10px}
    @media print{#live{display:none}}

    """

  /// Where there is no script, the page loads itself again.
  static let head = "<noscript><meta http-equiv=\"refresh\" content=\"30\"></noscript>\n"
}

/// Asks every two seconds whether anything has changed. What is on the way is exchanged in place; where
/// the report itself is another one, the page loads again and puts back where its reader was.
enum LiveScript {
  static let text = ##"""
    {
      const live = document.getElementById("live");
      const part = live.querySelector(".live-part");
      const place = "tenbin-place " + location.pathname;
      const kept = {
        filters: () => all("input.filter").map(e => e.value),
        selects: () => all("main select").map(e => e.selectedIndex),
        open: () => all("main details").map(e => e.open),
        folds: () => all("button.fold").map(e => e.getAttribute("aria-expanded")),
        sorts: () => all("table.data").map(table => {
          const th = table.querySelector("th[aria-sort]");
          return th && [[...th.parentNode.children].indexOf(th), th.getAttribute("aria-sort")];
        }),
        y: () => scrollY,
      };
      const keep = () => {
        const state = {};
        for (const [name, read] of Object.entries(kept)) state[name] = read();
        try { sessionStorage.setItem(place, JSON.stringify(state)); } catch {}
      };
      const putBack = () => {
        let state = null;
        try {
          state = JSON.parse(sessionStorage.getItem(place));
          sessionStorage.removeItem(place);
        } catch {}
        if (!state) return;
        const fire = (e, name) => e.dispatchEvent(new Event(name, {bubbles: true}));
        all("table.data").forEach((table, i) => {
          const [column, order] = state.sorts[i] ?? [];
          const button = table.querySelectorAll("thead th")[column]?.querySelector("button");
          for (let n = 0; button && n < 2 && button.closest("th").getAttribute("aria-sort") !== order; n++)
            button.click();
        });
        all("button.fold").forEach((e, i) => {
          if (state.folds[i] && e.getAttribute("aria-expanded") !== state.folds[i]) e.click();
        });
        all("input.filter").forEach((e, i) => {
          if (state.filters[i]) { e.value = state.filters[i]; fire(e, "input"); }
        });
        all("main select").forEach((e, i) => {
          if (state.selects[i] >= 0 && state.selects[i] < e.length && e.selectedIndex !== state.selects[i]) {
            e.selectedIndex = state.selects[i];
            fire(e, "change");
          }
        });
        all("main details").forEach((e, i) => { if (i in state.open) e.open = state.open[i]; });
        scrollTo(0, state.y);
      };
      const exchange = text => {
        const open = all("details", part).map(e => e.open), y = all(".scroll", part).map(e => e.scrollTop);
        part.innerHTML = text;
        all("details", part).forEach((e, i) => { if (i in open) e.open = open[i]; });
        all(".scroll", part).forEach((e, i) => { e.scrollTop = y[i] ?? 0; });
        speak();
      };
      let shown = null;
      const ask = async () => {
        let pause = 2000;
        try {
          const answer = await fetch("/api/status?study=" + live.dataset.study, {cache: "no-store"});
          const status = await answer.json();
          live.classList.remove("silent");
          if (status.report !== live.dataset.report) {
            keep();
            location.reload();
            return;
          }
          if (shown !== null && status.live !== shown) {
            exchange(await (await fetch(location.pathname + "?part=live", {cache: "no-store"})).text());
          }
          shown = status.live;
          if (status.phase !== "running") pause = 5000;
        } catch { live.classList.add("silent"); }
        setTimeout(ask, document.hidden ? 5 * pause : pause);
      };
      putBack();
      ask();
    }

    """##
}
