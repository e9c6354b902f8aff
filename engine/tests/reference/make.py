#!/usr/bin/env python3
"""Makes flights.json: figures of the flights sample, computed with pandas.

Run from the root of the repository, with pandas and pyarrow installed:

    python3 engine/tests/reference/make.py

Each case is an analysis and the rows that it must leave; the test holds numbers to
1e-9 relative. Nulls of the sample are nulls here too: it has no NaN.
"""

import json
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "server" / "sample" / "flights.parquet"
OUT = Path(__file__).with_name("flights.json")


def cell(value):
    """A value as results have it."""
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    return value.item() if hasattr(value, "item") else value


def rows(frame):
    return [[cell(value) for value in row] for row in frame.itertuples(index=False)]


def by_carrier(flights):
    groups = flights.groupby("carrier", dropna=False)
    delay = groups["dep_delay"]
    frame = pd.DataFrame(
        {
            "count": groups.size(),
            "count_dep_delay": delay.count(),
            "sum_dep_delay": delay.sum(min_count=1),
            "mean_dep_delay": delay.mean(),
            "min_dep_delay": delay.min(),
            "max_dep_delay": delay.max(),
            "median_dep_delay": delay.median(),
            "q90": delay.quantile(0.9),
            "q137": delay.quantile(0.137),
            "stddev_dep_delay": delay.std(),
            "distinct_tailnum": groups["tailnum"].nunique(),
            "first_tailnum": groups["tailnum"].first(),
            "last_dep_delay": delay.last(),
        }
    )
    of = "dep_delay"
    return {
        "analysis": {
            "kind": "aggregate",
            "group_by": ["carrier"],
            "measures": [
                {"fn": "count"},
                {"fn": "count", "column": of},
                {"fn": "sum", "column": of},
                {"fn": "mean", "column": of},
                {"fn": "min", "column": of},
                {"fn": "max", "column": of},
                {"fn": "median", "column": of},
                {"fn": "quantile", "column": of, "q": 0.9, "as": "q90"},
                {"fn": "quantile", "column": of, "q": 0.137, "as": "q137"},
                {"fn": "stddev", "column": of},
                {"fn": "distinct", "column": "tailnum"},
                {"fn": "first", "column": "tailnum"},
                {"fn": "last", "column": of},
            ],
        },
        "rows": rows(frame.reset_index()),
    }


def filtered(flights):
    kept = flights[(flights["distance"] >= 500) & flights["origin"].isin(["EWR", "LGA"])]
    frame = (
        kept.groupby(["origin", "month"])["arr_delay"]
        .agg(["mean", "std"])
        .reset_index()
        .sort_values("mean", ascending=False)
        .head(10)
    )
    return {
        "analysis": {
            "kind": "aggregate",
            "group_by": ["origin", "month"],
            "measures": [
                {"fn": "mean", "column": "arr_delay"},
                {"fn": "stddev", "column": "arr_delay"},
            ],
            "filter": [
                {"column": "distance", "op": "ge", "value": 500},
                {"column": "origin", "op": "in", "value": ["EWR", "LGA"]},
            ],
            "order_by": [{"column": "mean_arr_delay", "descending": True}],
            "limit": 10,
        },
        "rows": rows(frame),
    }


def worst(flights):
    columns = ["carrier", "flight", "origin", "dest", "dep_delay"]
    frame = flights.sort_values("dep_delay", ascending=False, kind="stable").head(50)
    return {
        "analysis": {
            "kind": "rows",
            "columns": columns,
            "order_by": [{"column": "dep_delay", "descending": True}],
            "limit": 50,
        },
        "rows": rows(frame[columns]),
    }


def described(flights):
    names = ["dep_delay", "distance", "air_time"]
    out = []
    for name in names:
        column = flights[name]
        counts = column.value_counts()
        top = counts[counts == counts.max()].sort_index()
        out.append(
            [
                name,
                int(column.count()),
                int(column.isna().sum()),
                int(column.nunique()),
                column.mean(),
                column.std(),
                column.quantile(0.25),
                column.median(),
                column.quantile(0.75),
                int(top.iloc[0]),
            ]
        )
    return {
        "analysis": {"kind": "describe", "columns": names},
        "columns": [
            "column",
            "count",
            "missing",
            "distinct",
            "mean",
            "stddev",
            "q25",
            "median",
            "q75",
            "top_count",
        ],
        "rows": [[cell(value) for value in row] for row in out],
    }


def main():
    flights = pd.read_parquet(SAMPLE, dtype_backend="numpy_nullable")
    cases = {
        "by_carrier": by_carrier(flights),
        "filtered": filtered(flights),
        "worst": worst(flights),
        "described": described(flights),
    }
    OUT.write_text(json.dumps(cases, indent=1) + "\n")


main()
