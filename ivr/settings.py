"""All settings with their defaults. Each is also an environment variable: `IVR_` and the name in capitals.

Rule 1: secrets have no default and no repr. The embedded PBX makes its own and keeps them in files with mode 0600.
Rule 2: everything listens on loopback unless a setting says otherwise.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ivr.errors import SettingsError
from ivr.exposure import Openings, refusal
from ivr.secret_files import read_secret

ADDRESS_OR_NONE = r"^(https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?)?$"
NAME_OR_NONE = r"^([A-Za-z0-9][A-Za-z0-9_.-]{0,59})?$"

MAY_HOLD_A_TOKEN = ("SUPERVISION_TOKEN", "SUPERVISION_URL")
"""Settings whose wrong values are not repeated."""


class Settings(BaseSettings):
    """Where things are, which ports are used, and the time limits (seconds)."""

    model_config = SettingsConfigDict(env_prefix="IVR_", frozen=True, extra="ignore")

    rules: Path = Field(Path("routing_rules.yaml"), description="the routing rules")
    prompts: Path = Field(Path("recordings/prompts"), description="texts and recordings of the prompts")
    dialplans: Path = Field(Path("dialplans"), description="templates of the Asterisk configuration")
    state: Path = Field(Path("var"), description="everything that is made while running")
    store: Annotated[str, BeforeValidator(str)] = Field(
        "var/records.sqlite3", description="the call records: a file, or postgresql://user@host/database"
    )
    numbers: Literal["encrypted", "hashed", "plain"] = Field(
        "encrypted", description="what is kept of callers' numbers: readable with the key, by nobody, by everybody"
    )
    records_key: Path | None = Field(None, description="the file with that key, if not keys/records.key of the state")
    keep_numbers_days: int = Field(0, ge=0, description="how long callers' numbers are kept; 0: for ever")
    keep_journal_days: int = Field(0, ge=0, description="the same for the journal's lines and rotated files")
    keep_recordings_days: int = Field(0, ge=0, description="the same for recorded calls")
    keep_calls_days: int = Field(0, ge=0, description="the same for the calls themselves; not longer than the journal")
    recordings: Path = Field(Path("recordings/calls"), description="recorded calls")
    overrides: Path = Field(Path("var/overrides/overrides.sqlite3"), description="what people order beside the rules")
    journal: Path | None = Field(
        None, description="Asterisk's CEL file, if not the embedded PBX's; or postgresql://user@host/database?table=cel"
    )
    journal_table: str = Field("", description="that table, beside a file; IVR_JOURNAL may name it instead")
    node: str = Field(
        "", pattern=r"^[A-Za-z0-9_.-]{0,60}$", description="this PBX's name in the records, if uniqueids do not tell it"
    )

    pbx: Literal["embedded", "installed"] = Field(
        "embedded", description="a PBX of our own, or one that was there before (`ivr pbx install`)"
    )
    pbx_config: Path = Field(Path("/etc/asterisk"), description="the configuration of an installed PBX")
    trunk: str = Field("trunk", pattern=r"^[A-Za-z0-9_.-]{1,60}$", description="the PJSIP endpoint of the trunk")
    asterisk: Literal["auto", "host", "tree"] = Field(
        "auto", description="the embedded PBX: the host's Asterisk, a Debian tree, or the first if there is one"
    )
    tree: Path = Field(Path("var/debian"), description="where the Debian tree with Asterisk is made")
    instance: str = Field("main", pattern=r"^[a-z0-9-]{1,24}$", description="name of this pair of Asterisks")

    sip_host: str = Field("127.0.0.1", description="address of the PBX for trunk and telephones")
    sip_port: int = Field(15060, ge=1, le=65535)
    ami_host: str = "127.0.0.1"
    ami_port: int = Field(15038, ge=1, le=65535)
    ami_user: str = "ivr-engine"
    ami_secret: SecretStr | None = Field(None, description="for a PBX that is not embedded")
    ami_secret_file: Path | None = Field(None, description="a file with that secret, which only its owner may read")
    ami_tls: bool = Field(default=False, description="speak TLS with the manager; its certificate is checked")
    ami_tls_ca: Path | None = Field(
        None, description="who signed the manager's certificate, if not one this host knows"
    )
    ami_plain: Literal["refused", "allowed"] = Field("refused", description="a manager elsewhere, without TLS")
    rtp_first: int = Field(20000, ge=1024, le=65000, description="first of 2,000 RTP ports")
    trunk_match: str = Field("", description="further addresses that may deliver calls, separated by commas")

    network_host: str = Field("127.0.0.2", description="the simulated network's trunk")
    phones_host: str = Field("127.0.0.3", description="the simulated departments' phones")
    network_port: int = Field(15070, ge=1, le=65535)
    network_ami_port: int = Field(15039, ge=1, le=65535)
    network_rtp_first: int = Field(24000, ge=1024, le=65000)

    reply_seconds: float = Field(1.5, gt=0, le=30, description="a caller's longest wait for the engine")
    lease_seconds: int = Field(4, ge=3, le=60, description="how long an engine counts as alive after its last sign")
    drain_seconds: float = Field(30, ge=0, le=600, description="how long callers in a menu may go on after SIGTERM")

    alarm_command: str = Field("", description="a command that gets each alarm; quoted as in a shell, run without one")
    alarm_url: SecretStr | None = Field(None, description="an address to which each alarm is posted")
    alarm_url_ca: Path | None = Field(None, description="who signed its certificate, if not one this host knows")
    alarm_seconds: float = Field(10, gt=0, le=120, description="how long either may take for one alarm")
    alarm_unanswered: int = Field(2, ge=1, le=100, description="missed callers in a row of a safety line")
    alarm_unreachable: int = Field(2, ge=1, le=100, description="failures in a row of a phone or an outside number")
    alarm_journal_seconds: float = Field(20, ge=10, le=3600, description="how long the journal may owe a line")
    alarm_reminder_minutes: float = Field(60, ge=0, le=10080, description="how often a lasting alarm is told; 0: once")
    supervisor_user: str = "ivr-supervisor"
    supervisor_secret: SecretStr | None = Field(None, description="of supervision's own user, as IVR_AMI_SECRET")
    supervisor_secret_file: Path | None = Field(
        None, description="a file with that secret, which only its owner may read"
    )
    supervisor_phone: str = Field("", pattern=NAME_OR_NONE, description="the telephone that listens to calls")
    supervisor_phones: str = Field("", description="telephones that may do so beside those of the rules, by commas")
    supervision_listen: str = Field("", description="host:port of the API beside its socket; none: only the socket")
    supervision_cert: Path | None = Field(None, description="its certificate; needed unless the host is loopback")
    supervision_key: Path | None = Field(None, description="the key of that certificate, which only its owner may read")
    supervision_hosts: str = Field("", description="names by which browsers reach that address, separated by commas")
    supervision_url: str = Field(
        "",
        pattern=ADDRESS_OR_NONE,
        description="https://HOST:PORT where commands find supervision, if not at its socket",
    )
    supervision_ca: Path | None = Field(None, description="who signed its certificate, if not one this host knows")
    supervision_token: SecretStr | None = Field(None, description="the token that commands show there")
    supervision_token_file: Path | None = Field(
        None, description="a file with that token, which only its owner may read"
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @model_validator(mode="before")
    @classmethod
    def _table_as_journal(cls, values: dict[str, object]) -> dict[str, object]:
        """Take the address of a table that stands in the place of the journal's file."""
        if "://" not in str(values.get("journal") or ""):
            return values
        others = {name: value for name, value in values.items() if name != "journal"}
        return {**others, "journal_table": str(values["journal"])}

    @property
    def openings(self) -> Openings:
        """What these settings open to the network."""
        return Openings(self.ami_host, self.ami_tls, self.ami_plain, self.sip_host)

    @property
    def recorder_status(self) -> Path:
        """Where the recorder of this instance tells how it is."""
        return self.state / f"recorder-{self.instance}.json"

    @property
    def key_of_records(self) -> Path:
        """The file with the key of callers' numbers."""
        return self.records_key or self.state / "keys" / "records.key"

    @property
    def control(self) -> Path:
        """The socket on which the engine of this instance takes orders from this machine."""
        return self.state / f"control-{self.instance}.sock"

    @property
    def supervision_socket(self) -> Path:
        """The socket of this instance's supervision."""
        return self.state / f"supervision-{self.instance}.sock"

    @property
    def supervision_tokens(self) -> Path:
        """The file of those who may use the API over the network; it holds no token, only what tokens are known by."""
        return self.state / f"supervision-{self.instance}.tokens"

    @property
    def supervision_audit(self) -> Path:
        """Who did what by way of supervision."""
        return self.state / f"audit-{self.instance}.jsonl"


def load(**changes: object) -> Settings:
    """Read the settings from the environment; `changes` win over it. A secret that stands in a file is read.

    Raises SettingsError with the variable's name, its value (never that of a secret) and what was expected.
    """
    try:
        found = Settings(**changes)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("wrong settings:\n  " + "\n  ".join(_problems(error))) from None
    refused = refusal(found.openings)
    if refused:
        raise SettingsError(refused)
    return _with_secret(found)


def _with_secret(found: Settings) -> Settings:
    changes: dict[str, object] = {}
    for name in ("ami_secret", "supervisor_secret"):
        setting, path = f"IVR_{name.upper()}", getattr(found, f"{name}_file")
        if path is None:
            continue
        if getattr(found, name) is not None:
            raise SettingsError(f"{setting} and {setting}_FILE are both set; keep one of them")
        changes |= {name: SecretStr(read_secret(path, f"{setting}_FILE")), f"{name}_file": None}
    return found.model_copy(update=changes) if changes else found


def _problems(error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False):
        name = "_".join(str(part) for part in item["loc"]).upper()
        given = "not shown" if "SECRET" in name or name in MAY_HOLD_A_TOKEN else repr(item["input"])
        yield f"IVR_{name}: {item['msg']} (given: {given})"
