"""A received message parsed into an `IncomingMessage`: parts, calendar objects, bounces."""
