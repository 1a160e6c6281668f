"""What an operator's backend calls about webhooks."""
