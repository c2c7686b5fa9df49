"""History: what the points reported, minute by minute in Parquet files, its means for ever, and its replay."""
