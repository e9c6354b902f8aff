"""Computes the figures of an aggregate with pandas and compares them with Assay's.

    compare_figures.py SOCKET API

Both read the same parts in Redis; each figure must agree to 1e-9 relative. The result,
too, is read from its part in Redis rather than over HTTP.
"""

import io
import sys

import pandas
import redis
import requests

MEASURES = {
    "count": "count",
    "sum": "sum",
    "mean": "mean",
    "min": "min",
    "max": "max",
    "median": "median",
    "stddev": "std",
    "distinct": "nunique",
}

socket, api = sys.argv[1:]
store = redis.Redis(unix_socket_path=socket)


def parquet(key):
    return pandas.read_parquet(io.BytesIO(store.get(key)))


flights = requests.get(f"{api}/datasets/flights").json()
first = f"assay:dataset:{flights['id']}:v{flights['version']}:part:"
table = pandas.concat(parquet(f"{first}{n}") for n in range(flights["parts"]))

job = requests.post(
    f"{api}/jobs",
    headers={"Prefer": "wait=60"},
    json={
        "dataset": "flights",
        "analysis": {
            "kind": "aggregate",
            "group_by": ["carrier"],
            "measures": [{"fn": fn, "column": "dep_delay"} for fn in MEASURES],
        },
    },
).json()
assert job["state"] == "succeeded", job
found = parquet(f"assay:result:{job['result']['id']}:part:0").set_index("carrier")

expected = table.groupby("carrier")["dep_delay"].agg(list(MEASURES.values()))
expected.columns = [f"{fn}_dep_delay" for fn in MEASURES]
pandas.testing.assert_frame_equal(
    found, expected, check_dtype=False, check_index_type=False, check_column_type=False, rtol=1e-9
)
print(f"{len(found)} groups agree")
