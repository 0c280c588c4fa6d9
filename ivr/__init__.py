"""The engine: an asyncio controller that leads the calls of short service numbers on Asterisk."""
