"""Eigenvalues of Hessians in numpy, in double: what a spectrum of a study says of them.

  python make_spectrum.py

needs numpy. Writes Fixtures/spectrum.json: each H = (2/T)·XᵀX in float32, the mean of its diagonal with 1
for each dead column (as every GPTQ tool counts it), and the eigenvalues of its live columns over that mean,
as quantiles, shares below damps, (Σλ)²/Σλ² and the condition number.
"""
import json
import pathlib

import numpy as np

SEED = 20261127
LEVELS = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1]
DAMPS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1]


def case(name, tokens, features, dead, outlier, random):
    # Correlated inputs whose spectrum falls like a power, and one loud channel, as language models have.
    x = random.standard_normal((tokens, features)) / np.sqrt(1 + np.arange(features)) ** 1.5
    x = x @ (np.eye(features) + 0.2 * random.standard_normal((features, features)))
    x[:, 1] *= outlier
    x[:, dead] = 0
    h = (2 / tokens * (x.T @ x)).astype(np.float32)
    diagonal = np.diag(h).astype(np.float64)
    mean = (diagonal.sum() + len(dead)) / features
    live = diagonal != 0
    values = np.linalg.eigvalsh(h[np.ix_(live, live)].astype(np.float64)) / mean
    return {
        "name": name,
        "rows": [[float(v) for v in row] for row in h],
        "dead": len(dead),
        "mean_diagonal": mean,
        "quantiles": [float(np.quantile(values, level)) for level in LEVELS],
        "shares": [[damp, float((values < damp).mean())] for damp in DAMPS],
        "effective_rank": float(values.sum() ** 2 / (values**2).sum()),
        "condition_number": float(values[-1] / values[0]) if values[0] > 1e-9 else None,
    }


random = np.random.default_rng(SEED)
cases = [
    case("plain", 96, 24, [], 1, random),
    case("loud", 96, 24, [], 40, random),
    case("dead", 64, 20, [3, 4, 19], 10, random),
    case("few tokens", 10, 24, [], 1, random),
]
path = pathlib.Path(__file__).parent / "Fixtures/spectrum.json"
path.write_text(
    json.dumps({"numpy": np.__version__, "seed": SEED, "levels": LEVELS, "cases": cases}) + "\n"
)
