"""Schools, their classes and students, and the import of class lists."""

from outreach.schools.batches.list_work import LIST_WORK
from outreach.schools.batches.use_cases import forget_uploads

__all__ = ["LIST_WORK", "forget_uploads"]
