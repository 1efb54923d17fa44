-- Fewer indexes of what every write adds to: none that no query asks for, and of jobs those that run or died apart from the many that wait.
DROP INDEX stoa_use_entry_at;
DROP INDEX stoa_use_entry_new;
DROP INDEX stoa_job_state;
CREATE INDEX stoa_job_running ON stoa_job (kind, key) WHERE state = 'running';
CREATE INDEX stoa_job_dead ON stoa_job (finished) WHERE state = 'dead';
