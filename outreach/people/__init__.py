"""Rules and reads about persons that every feature shares: contacts, who may see which name, mailboxes."""
