"""Reads a table straight from Redis and prints it as CSV.

    read_table.py SOCKET API NAME

Only the key's name is Assay's; the bytes are Parquet, which pandas reads.
"""

import io
import sys

import pandas
import redis
import requests

socket, api, name = sys.argv[1:]
dataset = requests.get(f"{api}/datasets/{name}").json()
store = redis.Redis(unix_socket_path=socket)

parts = []
for n in range(dataset["parts"]):
    key = f"assay:dataset:{dataset['id']}:v{dataset['version']}:part:{n}"
    parts.append(pandas.read_parquet(io.BytesIO(store.get(key))))
table = pandas.concat(parts)

assert len(table) == dataset["rows"]
table.to_csv(sys.stdout, index=False)
