"""The page for the wall: its files as they are served, and what is put into them."""
