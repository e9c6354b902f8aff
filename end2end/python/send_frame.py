"""Sends a data frame to Assay as Parquet and takes it out again: the same must come back.

    send_frame.py API
"""

import io
import sys

import pandas
import requests

api = sys.argv[1]
frame = pandas.DataFrame(
    {
        "name": ["Ada", "Bôb", "名前", None],
        "whole": pandas.array([1, None, 2**60, -7], dtype="Int64"),
        "number": [0.1, -2.5, float("inf"), 1e300],
        "flag": pandas.array([True, False, None, True], dtype="boolean"),
        "at": pandas.to_datetime(
            ["2026-11-24T09:00:00.000001Z", None, "1969-12-31T23:59:59Z", "2000-02-29T00:00:00Z"],
            format="ISO8601",
        ),
    }
)
body = io.BytesIO()
frame.to_parquet(body, index=False)
loaded = requests.post(f"{api}/datasets", params={"name": "frame"}, data=body.getvalue())
loaded.raise_for_status()
for column in loaded.json()["schema"]["columns"]:
    print(column["name"], column["type"])

exported = requests.get(f"{api}/datasets/frame/export", params={"format": "parquet"})
exported.raise_for_status()
back = pandas.read_parquet(io.BytesIO(exported.content), dtype_backend="numpy_nullable")
pandas.testing.assert_frame_equal(
    back, frame.convert_dtypes(convert_integer=False, convert_floating=False), check_dtype=False
)
print("the same came back")
