extension Script {
  /// What another trial lets follow the prompts, in the cells of the one that was shown. They are taken down
  /// before a reader sorts their rows.
  static let nextTokens = ##"""
    const next = document.querySelector("#one-trial .next");
    if (next) {
      const {tokens} = JSON.parse(details.textContent), cells = all("td.its", next);
      const firsts = all("td.token.its", next.querySelector("table"));
      const digits = v => v >= 0.001 ? v.toPrecision(3) : v ? v.toExponential(2) : "0";
      next.parentNode.addEventListener("trial", ({detail: trial}) => {
        next.hidden = !trial.x;
        next.previousElementSibling.hidden = !next.hidden;
        for (const th of all("th[data-trial]", next)) if (th.dataset.trial !== "base") th.dataset.trial = trial.n;
        trial.x?.forEach((v, i) => {
          const cell = cells[i], isToken = cell.classList.contains("token");
          const text = isToken ? tokens[v < 0 ? -1 - v : v] : digits(v);
          cell.textContent = isToken && v < 0 ? "≠ " + text : text;
          cell.dataset.v = isToken ? text : v;
          if (isToken) cell.classList.toggle("differs", v < 0);
        });
        const kept = firsts.filter(cell => !cell.classList.contains("differs")).length;
        for (const b of all(".kept", next)) b.textContent = kept;
      });
    }

    """##
}
