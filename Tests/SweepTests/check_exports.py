"""Opens what `tenbin sweep export` writes in the tools that it is for.

    pip install optuna==5.0.0 wandb==0.31.0
    tenbin sweep export csv study.sqlite --output out
    tenbin sweep export optuna study.sqlite --output out/optuna.db
    tenbin sweep export wandb study.sqlite --output out/runs.jsonl
    python Tests/SweepTests/check_exports.py out

Compares every trial of the Optuna study with trials.csv, asks Optuna for its importances and for the
next trial of its own TPE, and logs the W&B runs offline.
"""

import csv
import json
import math
import pathlib
import sys
import tempfile

import optuna
import wandb

out = pathlib.Path(sys.argv[1])
rows = {row["trial"]: row for row in csv.DictReader(open(out / "trials.csv"))}
search = [row for row in rows.values() if row["role"] == "search"]

optuna.logging.set_verbosity(optuna.logging.ERROR)
storage = f"sqlite:///{out / 'optuna.db'}"
(summary,) = optuna.get_all_study_summaries(storage)
study = optuna.load_study(study_name=summary.study_name, storage=storage)
trials = study.get_trials()
assert [t.number for t in trials] == list(range(len(search))), "numbers without gaps"
name = study.user_attrs["metric"]
domain, metric = name.rsplit(".", 1)
states = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL", "running": "RUNNING"}
for trial, row in zip(trials, search):
    assert trial.state.name == states[row["state"]], row["trial"]
    assert str(trial.user_attrs["trial"]) == row["trial"]
    for key, value in trial.params.items():
        text = row[key]
        known = value if not isinstance(value, bool) else str(value).lower()
        assert text == "" or str(known) == text or float(known) == float(text), (key, value, text)
    if trial.state.name == "COMPLETE":
        if row["domain"] == domain:
            assert math.isclose(trial.value, float(row[metric]), rel_tol=1e-12)
        depth = max(trial.intermediate_values)
        last = trial.intermediate_values[depth]
        assert math.isclose(last, float(row["hidden_error_last"]), rel_tol=1e-12)
    for key, distribution in trial.distributions.items():
        assert distribution._contains(distribution.to_internal_repr(trial.params[key])), key
best = study.best_trial
print(f"optuna {optuna.__version__}: {len(trials)} trials, best #{best.user_attrs['trial']}",
      f"{name} {best.value:.4f}, parameters {sorted(trials[0].params)}")
importances = optuna.importance.get_param_importances(
    study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
print("importances", {key: round(value, 3) for key, value in importances.items()})
# Optuna's own sampler goes on from here (in a copy: the export stays as it is).
copy = optuna.create_study(directions=study.directions, sampler=optuna.samplers.TPESampler(seed=0))
copy.add_trials([t for t in trials if t.state.is_finished()])
asked = copy.ask(trials[0].distributions)
print("next by Optuna", asked.params)

with tempfile.TemporaryDirectory() as folder:
    runs = [json.loads(line) for line in open(out / "runs.jsonl")]
    assert len(runs) == len(rows)
    for record in runs[:3]:
        run = wandb.init(project="tenbin", name=record["name"], group=record["group"],
                         config=record["config"], dir=folder, mode="offline",
                         settings=wandb.Settings(silent=True))
        for entry in record["history"]:
            run.log({"hidden_error": entry["hidden_error"]}, step=entry["_step"])
        run.summary.update(record["summary"])
        row = rows[str(record["summary"]["trial"])]
        if row["perplexity"]:
            value = record["summary"][f"{row['domain']}.perplexity"]
            assert math.isclose(value, float(row["perplexity"]), rel_tol=1e-12)
        run.finish()
print(f"wandb {wandb.__version__}: {len(runs)} runs, 3 logged offline")
