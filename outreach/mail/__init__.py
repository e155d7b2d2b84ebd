"""Mail as it goes over the wire: MIME, headers, SMTP, DKIM, bounce addresses, and the local folder of a demo."""
