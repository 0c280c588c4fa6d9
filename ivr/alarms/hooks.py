"""The alarm hooks that the settings name."""

import logging
import shutil

from ivr.alarms.delivery import Hook
from ivr.alarms.hook_command import CommandHook
from ivr.alarms.hook_web import WebHook
from ivr.settings import Settings

logger = logging.getLogger(__name__)


def hooks(settings: Settings) -> tuple[Hook, ...]:
    """Make the hooks. Raises SettingsError if a command or an address cannot be one.

    A command that is not there is said and kept: a missing script must not keep an emergency line's engine from starting.
    """
    found: list[Hook] = []
    if settings.alarm_command:
        found.append(_command(settings))
    if settings.alarm_url is not None:
        address = settings.alarm_url.get_secret_value()
        found.append(WebHook(address, settings.alarm_seconds, settings.alarm_url_ca))
    if not found:
        logger.warning(
            "alarms only go into this log; set IVR_ALARM_COMMAND or IVR_ALARM_URL", extra={"action": "alarm_hook_none"}
        )
    return tuple(found)


def _command(settings: Settings) -> CommandHook:
    made = CommandHook(settings.alarm_command, settings.alarm_seconds)
    if shutil.which(made.program) is None:
        logger.error(
            "IVR_ALARM_COMMAND names %s, which is not there or not executable: alarms do not reach it",
            made.program,
            extra={"action": "alarm_hook_broken"},
        )
    return made
