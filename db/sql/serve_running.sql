-- The runs that are at work now: those whose process lives.
SELECT run_uid FROM run WHERE state = 'running' AND run_state(run_uid, state) = 'running';
