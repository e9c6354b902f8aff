"""A service that knows nothing of Assay: it writes its own records into Redis.

    producer.py SOCKET

Half of the records lack a field, which is what records of real services do.
"""

import sys

import redis

store = redis.Redis(unix_socket_path=sys.argv[1])
with store.pipeline(transaction=False) as pipe:
    for n in range(1000):
        record = {"room": f"room {n % 4}", "celsius": n / 8, "on": "2026-11-24"}
        if n % 2:
            record["note"] = "Größe, “quoted”\nand more"
        pipe.hset(f"sensor:{n}", mapping=record)
    pipe.execute()
