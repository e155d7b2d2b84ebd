"""How letters leave: the queue, the message, the delivery."""
