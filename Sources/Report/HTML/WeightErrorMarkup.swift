/// The figure of weight errors, with a list of the trials to choose from.
enum WeightErrorMarkup {
  /// The fragment that links to it.
  static let id = "weight-errors"

  /// The figure's markup; without the script it shows the first pick.
  static func html(_ plot: WeightErrorPlot) -> String {
    let legend = PlotWords.weightErrorLegend(hasCompanion: plot.companion != nil)
    return """
      <figure id="\(id)">
      <h2>\(PlotWords.weightErrorTitle.html)</h2>
      <p class="reading">\(PlotWords.weightErrorReading(plot).html)</p>
      <p class="panel-head"><select disabled="disabled" data-trial="\(plot.shown.number)" \
      \(PageWords.trialPicker.attribute("aria-label"))>\
      <option selected="selected">\(plot.label(plot.shown).xmlEscaped)</option></select>\
      \(FigureMarkup.chosen(plot.label(plot.shown)))</p>
      \(FigureMarkup.legend(legend))
      \(FigureMarkup.styled(Bilingual(plot.drawing(width: Figure.wideWidth)), "wide"))
      \(FigureMarkup.styled(Bilingual(FigureMarkup.light(plot.drawing(width: Figure.narrowWidth))), "narrow"))
      \(FigureMarkup.link(plot.csv, name: id))
      </figure>
      """
  }
}

/// Any trial in the figure of weight errors, beside round-to-nearest of its grid.
enum WeightErrorScript {
  static let text = ##"""
    const errorData = document.getElementById("weight-error-data");
    if (errorData) {
      const data = JSON.parse(errorData.textContent), figure = document.getElementById("weight-errors");
      const select = figure.querySelector("select"), bins = data.bins;
      const value = (text, i) => {
        let n = 0;
        for (let k = 0; k < data.width; k++) {
          const c = text.charCodeAt(i * data.width + k);
          n = n * 90 + c - 35 - (c > 60) - (c > 92);
        }
        return n < 2 ? 0 : Number((n - 2) % 900 + 100 + "e" + (Math.floor((n - 2) / 900) + data.exponent));
      };
      const shares = text => {
        if (!text) return null;
        const all = Array.from({length: 2 * bins}, (_, i) => value(text, i));
        return {inside: all.slice(0, bins), clipped: all.slice(bins)};
      };
      const sum = list => list.reduce((a, b) => a + b, 0);
      const percent = (share, digits) => (share >= 1e-5 ? (100 * share).toPrecision(digits) :
        share ? (100 * share).toExponential(digits - 1) : "0") + " %";
      const edge = i => i < 0 ? "-inf" : i > bins - 2 ? "inf" : -3 + i / 8;
      const draw = () => {
        const trial = data.trials[select.value], other = data.trials.find(t => t.n === trial.c);
        const rows = [];
        const pairs = data.kinds.map((kind, k) => {
          const mine = shares(trial.v[k]), rtn = other && shares(other.v[k]);
          for (const [t, one] of [[trial, mine], [other, rtn]]) one?.inside.forEach((share, i) =>
            share + one.clipped[i] > 0 && rows.push([t.n, kind, edge(i - 1), edge(i), share, one.clipped[i]].join()));
          return [mine, rtn];
        });
        for (const size of ["wide", "narrow"]) {
          const svg = figure.querySelector("svg." + size), groups = all("g.errors", svg);
          const stats = all("g.stats", svg), titles = all("g.bins", svg);
          groups.forEach((group, k) => {
            const [left, top, right, bottom] = data[size][k], [mine, rtn] = pairs[k];
            const width = (right - left) / bins, at = v => v.toFixed(1);
            const y = s => at(s > 0 ? bottom - Math.min(Math.max(1 - Math.log10(s) / data.least, 0), 1) * (bottom - top) : bottom);
            const steps = list => list ? "M" + left + " " + bottom + list.map((s, i) =>
              "V" + y(s) + "H" + at(left + (i + 1) * width)).join("") + "V" + bottom : "M0 0";
            const bars = list => list?.map((s, i) => s > 0 ? "M" + at(left + (i + .25) * width) + " " + bottom +
              "V" + y(s) + "H" + at(left + (i + .75) * width) + "V" + bottom + "Z" : "").join("") || "M0 0";
            const both = rtn?.inside.map((s, i) => s + rtn.clipped[i]), paths = all("path", group);
            [steps(mine?.inside) + "Z", steps(mine?.inside), bars(mine?.clipped), steps(both)]
              .forEach((d, i) => paths[i].setAttribute("d", d));
            const beyond = one => sum(one.inside.filter((_, i) => i < bins / 2 - 4 || i >= bins / 2 + 4));
            const parts = one => [percent(beyond(one), 3), percent(sum(one.clipped), 2)];
            const [en, ja, other] = stats[k].children;
            const [moved, clipped] = mine ? parts(mine) : [];
            en.textContent = mine ? "moved " + moved + ", clipped " + clipped : "";
            ja.textContent = mine ? "移動 " + moved + "、切り詰め " + clipped : "";
            other.textContent = rtn ? "RTN " + parts(rtn).join(" / ") : "";
            const say = (t, one, i) => t && one ? "\n#" + t.n + ": share " + one.inside[i] +
              (one.clipped[i] ? ", clipped_share " + one.clipped[i] : "") : "";
            if (titles[k]) all("title", titles[k]).forEach((title, i) => {
              title.textContent = "steps " + edge(i - 1) + " … " + edge(i) + say(trial, mine, i) + say(other, rtn, i);
            });
          });
        }
        figure.querySelector(".csv a").href = "data:text/csv;charset=utf-8," + encodeURIComponent(
          "trial,module,steps_from,steps_to,share,clipped_share\n" + rows.join("\n") + "\n");
      };
      const chosen = select.dataset.trial;
      select.replaceChildren(...data.trials.map((t, i) => new Option(t.s, i)));
      select.value = data.trials.findIndex(t => String(t.n) === chosen);
      select.disabled = false;
      select.addEventListener("change", draw);
    }

    """##
}
