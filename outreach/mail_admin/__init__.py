"""What a coordinator sees of e-mails: mail log, received mail, undeliverable addresses, invitation status."""
