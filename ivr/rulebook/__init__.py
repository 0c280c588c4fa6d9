"""The edge that turns `routing_rules.yaml` into the values of `ivr.routing.rules`, or says what is wrong with it."""
