"""What holds now beside the calls: destinations, rules, engines, health, the figures of today, metrics."""
