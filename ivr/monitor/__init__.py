"""`ivr monitor`: the calls under way, the lines and their trouble, in a terminal. It knows nothing but the API."""
