"""The processes: web server, worker, periodic jobs, and the supervisor that runs them side by side."""
