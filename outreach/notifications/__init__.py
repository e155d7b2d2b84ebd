"""What people are told: who gets which letter and calendar entry."""
