"""The sheet on which a class is registered for a session."""
