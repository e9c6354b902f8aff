"""Loads a file, submits analyses, follows the event stream, and fetches the results.

    follow.py API

One stream for everything, as a service would hold it open. It is cut after the first
event of a job's end and opened again at the last position: nothing may be missing.
Prints the states of each job in the order in which they were told, and its result.
"""

import json
import sys

import requests

api = sys.argv[1]
assay = requests.Session()


def events(last_id):
    """Yields id, name and data of each event after `last_id`."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with assay.get(f"{api}/events", headers=headers, stream=True, timeout=60) as stream:
        stream.raise_for_status()
        block = {}
        for line in stream.iter_lines():
            if line:
                field, _, value = line.decode().partition(":")
                block[field] = value.removeprefix(" ")
            else:
                yield block.get("id"), block.get("event"), json.loads(block.get("data", "null"))
                block = {}


upload = assay.post(
    f"{api}/datasets", params={"name": "heads"}, data="head,arms\nlion,2\ngoat,0\nlion,4\n"
)
upload.raise_for_status()

# The first block of a stream is the position: whatever comes later is told after it.
last_id = next(events(None))[0]

jobs = {}
for fn in ["sum", "min", "max"]:
    analysis = {"kind": "aggregate", "group_by": ["head"], "measures": [{"fn": fn, "column": "arms"}]}
    answer = assay.post(f"{api}/jobs", json={"dataset": "heads", "analysis": analysis, "label": fn})
    answer.raise_for_status()
    jobs[answer.json()["id"]] = []

over = set()
while len(over) < len(jobs):
    for position, name, data in events(last_id):
        last_id = position or last_id
        # Progress has no position; what has one is told exactly once.
        if name == "job" and position and data["id"] in jobs:
            jobs[data["id"]].append(data["state"])
            if data["state"] == "succeeded":
                over.add(data["id"])
                break

for id, states in jobs.items():
    job = assay.get(f"{api}/jobs/{id}").json()
    rows = assay.get(f"{api}/jobs/{id}/result").json()["rows"]
    print(job["label"], " ".join(states), json.dumps(rows))
