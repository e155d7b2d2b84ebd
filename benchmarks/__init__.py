"""What Outreach costs: each figure beside a ceiling measured on the same machine, in the same run, under the same gunicorn."""
