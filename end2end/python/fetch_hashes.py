"""Reads all hashes that match a pattern, as a program would that has no Assay.

    fetch_hashes.py SOCKET PATTERN fetch|pandas

`fetch` has them as dictionaries and does no more; `pandas` goes on to what the benchmark
asks: the mean weight and the number of arms of each head. Prints the seconds it took,
without starting Python, and how many hashes there were.
"""

import sys
import time

import redis

socket, pattern, what = sys.argv[1:]
if what == "pandas":
    import pandas

store = redis.Redis(unix_socket_path=socket, decode_responses=True)
began = time.perf_counter()

keys, records = [], []


def fetch(batch):
    pipe = store.pipeline(transaction=False)
    for key in batch:
        pipe.hgetall(key)
    records.extend(pipe.execute())
    keys.extend(batch)


batch = []
for key in store.scan_iter(pattern, count=1000):
    batch.append(key)
    if len(batch) == 1000:
        fetch(batch)
        batch = []
if batch:
    fetch(batch)

if what == "pandas":
    table = pandas.DataFrame.from_records(records, index=keys)
    for column in ["arms", "weight"]:
        table[column] = pandas.to_numeric(table[column])
    groups = table.groupby("head").agg({"weight": "mean", "arms": "sum"})
    assert len(groups) > 1

print(time.perf_counter() - began, len(records))
