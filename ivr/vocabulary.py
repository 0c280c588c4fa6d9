"""The words of the project as types, so that one kind of text is never passed where another is meant.

Rule 1: only names for values live here; no behaviour. The meaning of each word is in `docs/glossary.md`.
"""

from typing import NewType

LinkedId = NewType("LinkedId", str)
"""Asterisk's identifier of a whole call: one for all channels of it, over fail-over and transfers."""
UniqueId = NewType("UniqueId", str)
"""Asterisk's identifier of one channel."""
ChannelName = NewType("ChannelName", str)
"""A channel's name in Asterisk, such as `PJSIP/trunk-00000001`."""
Did = NewType("Did", str)
"""The number that was dialled, as the trunk delivers it, such as `8488`."""
Language = NewType("Language", str)
"""An ISO 639-1 code, such as `lv`."""
ServiceId = NewType("ServiceId", str)
"""A service of the rules: one short number with its aliases."""
MenuId = NewType("MenuId", str)
"""A menu of the rules."""
DestinationId = NewType("DestinationId", str)
"""A destination of the rules."""
PhoneId = NewType("PhoneId", str)
"""A department's phone: the name of its SIP endpoint and address of record."""
HoursId = NewType("HoursId", str)
"""A named set of office hours."""
PromptId = NewType("PromptId", str)
"""A prompt: the path of its text under `recordings/prompts/<language>/` without the suffix, such as `kekava/welcome`."""
TopicId = NewType("TopicId", str)
"""What a call was about: a topic of its service, such as `heating`. It stays the same when its code or its title changes."""
AnnouncementId = NewType("AnnouncementId", str)
"""An announcement of the rules: a message before the menu, with a validity window."""
OverrideId = NewType("OverrideId", str)
"""An override: eight hexadecimal digits, given when it is made."""
RuleId = NewType("RuleId", str)
"""The place in the rules that decided, as a dotted path, such as `destinations.kekava-information.hours`."""
EngineName = NewType("EngineName", str)
"""One engine process: host, process id and a random part, such as `pbx1-4242-9f3c`."""
Key = NewType("Key", str)
"""One key of a telephone: `0`-`9`, `*` or `#`."""
RulesVersion = NewType("RulesVersion", str)
"""The first 12 hexadecimal digits of the SHA-256 over the bytes of the rules file and of those that it includes."""
