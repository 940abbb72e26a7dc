/// What the figures of a study, and its one trial, do at a reader's hand.
extension Script {
  /// The heat map's numbers: three digits each, packed as `PackedNumbers` does.
  static let numbers = ##"""
    const source = document.getElementById("heat-data");
    const heat = source ? JSON.parse(source.textContent) : null;
    const unpack = (trial, m, i) => {
      const {width, exponent, values} = heat.measures[m], text = trial.v[m];
      if (text.length === 1) i = 0;
      let n = 0;
      for (let k = 0; k < width; k++) {
        const c = text.charCodeAt(i * width + k);
        n = n * 90 + c - 35 - (c > 60) - (c > 92);
      }
      if (n < 1) return null;
      if (width === 1) return values[n - 1];
      return n < 2 ? 0 : Number((n - 2) % 900 + 100 + "e" + (Math.floor((n - 2) / 900) + exponent));
    };
    const say = (m, v) => v === null ? "–" : heat.measures[m].words ?
      heat.measures[m].words[heat.measures[m].values.indexOf(v)] : v === 0 ? "0" :
      v >= 0.001 && v < 1e6 ? v.toPrecision(3).replace(/e\+?/, "e") : v.toExponential(2).replace("e+", "e");

    """##

  /// Any trial in either panel of the heat map, by any measure, or the left one over the right one.
  static let heatMap = ##"""
    if (heat) {
      const figure = document.getElementById("heat-map"), panels = all("div.panel", figure);
      const selects = panels.map(panel => panel.querySelector("select"));
      const measure = figure.querySelector(".measure"), versus = figure.querySelector(".versus");
      const step = (share, steps) => Math.floor(Math.min(Math.max(share, 0), 0.999) * steps);
      const style = ({lo, hi, log}, v) => v === null ? "hx" : log && v <= 0 ? "h0" :
        "h" + step(((log ? Math.log10(v) : v) - lo) / (hi - lo), heat.steps);
      const ratioStyle = (a, b) => !(a > 0 && b > 0) ? "hx" :
        (a >= b ? "u" : "b") + step(Math.abs(Math.log2(a / b)) / 2, 6);
      const draw = () => {
        const m = Number(measure.value), now = heat.measures[m];
        const shown = selects.map(select => heat.trials[select.value]);
        const isRatio = versus.checked && shown.length > 1 && !now.isNamed;
        versus.disabled = shown.length < 2 || !!now.isNamed;
        figure.querySelector(".versus-note").hidden = !isRatio;
        panels.forEach((panel, p) => {
          const trial = shown[p];
          let worst = -1, most = -1;
          heat.cells.forEach((_, i) => {
            const v = unpack(trial, m, i);
            if (v !== null && v > most) { most = v; worst = i; }
          });
          for (const svg of all("svg", panel)) all("rect", svg).forEach((rect, i) => {
            const v = unpack(trial, m, i), other = isRatio && p === 0 ? unpack(shown[1], m, i) : undefined;
            rect.setAttribute("class", other === undefined ? style(now, v) : ratioStyle(v, other));
            const title = rect.firstChild ?? rect.appendChild(document.createElementNS(svg.namespaceURI, "title"));
            title.textContent = heat.cells[i] + " " + say(m, v) +
              (other === undefined ? "" : "\n#" + shown[1].n + " " + say(m, other));
          });
          panel.querySelector(".worst").hidden = !!now.isNamed;
          panel.querySelector(".worst .at").textContent = worst < 0 ? "" :
            heat.cells[worst] + " " + say(m, most);
        });
        const ramp = figure.querySelector(".ramp");
        ramp.querySelector(".ticks").replaceChildren(...now.ticks.map(([share, label]) => {
          const tick = document.createElement("span");
          tick.style.left = share + "%";
          tick.textContent = label;
          return tick;
        }));
        const name = ramp.querySelector(".name");
        for (const language of ["en", "ja"]) name.querySelector("." + language).textContent = now[language];
        const rows = shown.flatMap(trial => heat.cells.map((cell, i) => [trial.n, cell, unpack(trial, m, i)]))
          .filter(row => row[2] !== null).map(([n, cell, v]) => n + "," + cell + "," + (now.isNamed ? say(m, v) : v));
        figure.querySelector(".csv a").href = "data:text/csv;charset=utf-8," + encodeURIComponent(
          "trial,module," + now.column.replace("/", "_over_") + "\n" + rows.join("\n") + "\n");
      };
      for (const select of selects) {
        const chosen = select.dataset.trial;
        select.replaceChildren(...heat.trials.map((t, i) => new Option(t.s, i)));
        select.value = heat.trials.findIndex(t => String(t.n) === chosen);
        select.disabled = false;
      }
      for (const choice of [...selects, measure, versus]) choice.addEventListener("change", draw);
    }

    """##

  /// Brushes on the axes of the parallel plot: a drag, or the arrow keys (Shift moves the other end).
  /// Lines that pass outside one of them are faded; what is left is counted and listed.
  static let brush = ##"""
    for (const svg of all("#parallel svg")) {
      const ways = all(".through", svg).map(g => [g, g.querySelector("path").getAttribute("d").split(/[ML]/)
        .slice(1).map(p => p.split(" ").map(Number))]);
      const axes = all(".axis-touch", svg), brushes = new Map();
      const output = svg.closest("figure").querySelector("output");
      const show = () => {
        const kept = ways.filter(([g, points]) => {
          const keep = [...brushes].every(([i, [a, b]]) => points[i] && points[i][1] >= a && points[i][1] <= b);
          g.classList.toggle("away", !keep);
          return keep;
        });
        const numbers = kept.map(([g]) => (g.querySelector("title")?.textContent ?? "").split(" ")[0]).reverse();
        output.textContent = brushes.size ? kept.length + " / " + ways.length + " " + numbers.slice(0, 12).join(" ") +
          (numbers.length > 12 ? " …" : "") : "";
      };
      axes.forEach((axis, i) => {
        const top = +axis.getAttribute("y"), size = +axis.getAttribute("height");
        const set = (a, b) => {
          let mark = axis.nextElementSibling;
          if (!mark?.classList.contains("brushed")) {
            mark = axis.cloneNode();
            for (const name of mark.getAttributeNames()) if (/^(tab|role|aria)/.test(name)) mark.removeAttribute(name);
            mark.setAttribute("class", "brushed");
            axis.after(mark);
          }
          const at = y => Math.max(top, Math.min(top + size, y));
          const range = [at(Math.min(a, b)), at(Math.max(a, b))];
          mark.setAttribute("y", range[0]);
          mark.setAttribute("height", range[1] - range[0]);
          axis.setAttribute("aria-valuenow", Math.round(100 * (range[1] - range[0]) / size));
          brushes.set(i, range);
          show();
        };
        const clear = () => {
          if (brushes.delete(i)) axis.nextElementSibling.remove();
          show();
        };
        const place = e => top + (e.clientY - axis.getBoundingClientRect().top) * size /
          axis.getBoundingClientRect().height;
        let from = null;
        axis.addEventListener("pointerdown", e => {
          axis.setPointerCapture(e.pointerId);
          from = place(e);
        });
        axis.addEventListener("pointermove", e => { if (from !== null) set(from, place(e)); });
        axis.addEventListener("pointerup", e => {
          if (Math.abs(place(e) - from) < 3) clear();
          from = null;
        });
        const said = {tabindex: 0, role: "slider", "aria-label": axis.parentNode.querySelector(".axis").textContent,
          "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 100};
        for (const name in said) axis.setAttribute(name, said[name]);
        axis.addEventListener("keydown", e => {
          const step = {ArrowUp: -size / 20, ArrowDown: size / 20}[e.key];
          if (e.key === "Escape") clear();
          if (!step) return;
          e.preventDefault();
          const [a, b] = brushes.get(i) ?? [top, top + size];
          if (e.shiftKey) set(a, b + step); else set(a + step, b);
        });
      });
    }

    """##

  /// One trial of the reader's choice: by its list, or by its name in the table of all.
  static let oneTrial = ##"""
    const details = document.getElementById("trial-data");
    if (details) {
      const study = JSON.parse(details.textContent), section = document.getElementById("one-trial");
      const list = section.querySelector("select");
      const cell = (text, style, value) => {
        const td = document.createElement("td");
        td.textContent = text;
        if (style) td.className = style;
        if (value !== undefined && value !== text) td.dataset.v = value;
        return td;
      };
      const row = cells => {
        const tr = document.createElement("tr");
        tr.append(...cells);
        return tr;
      };
      const open = () => {
        const trial = study.trials[list.value];
        section.querySelector("code").textContent = study.command + trial.c;
        const settings = [...study.keys.map((key, i) => [key, trial.k[i]]), ...study.same];
        section.querySelector("dl").replaceChildren(...settings.flatMap(([key, value]) => {
          if (value === "") return [];
          const [div, dt, dd] = ["div", "dt", "dd"].map(name => document.createElement(name));
          dt.textContent = key;
          dd.textContent = value;
          div.append(dt, dd);
          return [div];
        }));
        section.querySelector(".scores tbody").replaceChildren(...trial.e.map(scores => {
          const tr = row(scores.map(score => [score].flat()).map(([text, value], i) => cell(text, i ? "num" : "name", value)));
          tr.dataset.trial = trial.n;
          return tr;
        }));
        section.dispatchEvent(new CustomEvent("trial", {detail: trial}));
        const body = section.querySelector(".modules tbody"), found = heat?.trials.find(t => t.n === trial.n);
        const modules = section.querySelector(".modules");
        if (modules) modules.hidden = !found;
        if (body) body.replaceChildren(...(found ? heat.cells : []).flatMap((name, i) => {
          const values = heat.measures.map((_, m) => unpack(found, m, i));
          if (values.every(v => v === null)) return [];
          return [row([cell(name, "name"), ...values.map((v, m) => heat.measures[m].isNamed ?
            cell(say(m, v), "") : cell(say(m, v), "num", v === null ? "" : v))])];
        }));
      };
      list.replaceChildren(...study.trials.map((t, i) => new Option(t.s, i)));
      list.value = study.trials.findIndex(t => String(t.n) === list.dataset.trial);
      list.disabled = false;
      list.addEventListener("change", open);
      const places = new Map(study.trials.map((t, i) => ["trial-" + t.n, i]));
      for (const tr of all("#trials tbody tr")) {
        const at = places.get(tr.id), name = tr.querySelector("td.name");
        if (at === undefined || !name?.firstChild) continue;
        const link = document.createElement("a");
        link.href = "#one-trial";
        link.append(name.firstChild.cloneNode());
        name.firstChild.replaceWith(link);
        link.addEventListener("click", () => { list.value = at; open(); });
      }
    }

    """##
}
