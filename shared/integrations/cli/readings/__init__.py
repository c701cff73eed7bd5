"""`gl003 clean`, `gl003 backfill`: readings of the past, from files and from RAW."""
