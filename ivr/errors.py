"""Every exception of the engine.

    IvrError
    |- OperatorError            something a person has to mend; printed without a traceback, exit code 2
    |  |- SettingsError         a setting is missing or wrong
    |  |- RulesError            routing_rules.yaml cannot be used; carries all its problems
    |  |- PromptError           a prompt text or recording is missing or unusable
    |  |- PbxUnavailable        no Asterisk can be started or found
    |  |- UnknownCall           no such call is under way
    |  |- PortTaken             an address that the PBX needs belongs to another process
    |  |- Unanswered            nobody runs who could answer a command; exit code 3
    |- LinkError                the AMI link
    |  |- LoginRefused          final: wrong name, secret or address (also an operator's fault)
    |  |- LinkLost              the connection went; the outcome of what was asked is unknown
    |  |- RequestTimeout        no answer within the deadline; the outcome is unknown
    |  |- RequestRefused        Asterisk answered "Error"
    |  |- LeaseOver             this engine may not act: its lease is over
    |  |- UnsafeValue           a value holds CR, LF or NUL, or is too long for a header
    |- IllegalTransition        an event that the state of a call does not know; a fault of ours

Rule 1: the class docstring is the default message and says what to do next.
Rule 2: nobody but the edge (`ivr.cli`, `ivr.app`, `ivr.engine`) catches `IvrError` whole.
"""

from collections.abc import Sequence


class IvrError(Exception):
    """Something went wrong in the IVR."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class OperatorError(IvrError):
    """The IVR cannot go on until a person mends something."""


class SettingsError(OperatorError):
    """A setting is missing or wrong; see `ivr --help` for the names of all settings."""


class RulesError(OperatorError):
    """The routing rules cannot be used; mend the places named and check again with `ivr rules check`."""

    def __init__(self, message: str = "", problems: Sequence[object] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class PromptError(OperatorError):
    """A prompt is missing or unusable; run `ivr prompts build`."""


class PbxUnavailable(OperatorError):
    """No Asterisk can be started; run `ivr pbx up` as root, or install Asterisk 20 or newer."""


class UnknownCall(OperatorError):
    """No such call is under way; `ivr calls list` shows those that are."""


class PortTaken(OperatorError):
    """A port that the PBX needs is in use; stop the other process or choose another port in the settings."""


class Unanswered(OperatorError):
    """Nobody runs who could answer; start an engine (`ivr engine`) or supervision (`ivr supervision`)."""


class LinkError(IvrError):
    """The AMI link failed."""


class LoginRefused(LinkError, OperatorError):
    """Asterisk refused the AMI login; compare name and secret with manager.conf and its `permit` lines."""


class LinkLost(LinkError):
    """The AMI connection went while an answer was due; the outcome is unknown and nothing is repeated."""


class RequestTimeout(LinkError):
    """Asterisk did not answer in time; the outcome is unknown and nothing is repeated."""


class RequestRefused(LinkError):
    """Asterisk answered the request with an error."""


class LeaseOver(LinkError):
    """The engine was stopped or blocked for longer than its lease; the call is another's now and nothing was sent."""


class UnsafeValue(LinkError):
    """A value for AMI holds a line break or NUL, or is longer than a header may be; it was not sent."""


class IllegalTransition(IvrError):
    """A call met an event that its state does not know; the call was left to the dialplan."""
