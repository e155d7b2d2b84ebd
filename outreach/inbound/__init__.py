"""What comes back: replies of calendar programs, bounces, automatic mail."""
