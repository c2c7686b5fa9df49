"""Questions to the twin: functions from (topology, question) to a typed answer; they read nothing else."""
