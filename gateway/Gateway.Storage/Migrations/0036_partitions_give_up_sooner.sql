-- The row of a call is written with its admission, which waits for the lock of a partition no longer than a caller may.
ALTER FUNCTION make_call_partition(date) SET lock_timeout = '500ms';
ALTER FUNCTION drop_call_partitions(timestamptz) SET lock_timeout = '500ms';
