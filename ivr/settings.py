"""All settings with their defaults. Each is also an environment variable: `IVR_` and the name in capitals.

Rule 1: secrets have no default and no repr. The embedded PBX makes its own and keeps them in files with mode 0600.
Rule 2: everything listens on loopback unless a setting says otherwise.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ivr.errors import SettingsError


class Settings(BaseSettings):
    """Where things are, which ports are used, and the time limits (seconds)."""

    model_config = SettingsConfigDict(env_prefix="IVR_", frozen=True, extra="ignore")

    rules: Path = Field(Path("routing_rules.yaml"), description="the routing rules")
    prompts: Path = Field(Path("recordings/prompts"), description="texts and recordings of the prompts")
    dialplans: Path = Field(Path("dialplans"), description="templates of the Asterisk configuration")
    state: Path = Field(Path("var"), description="everything that is made while running")
    store: Path = Field(Path("var/records.sqlite3"), description="the call records")
    overrides: Path = Field(Path("var/overrides/overrides.sqlite3"), description="what people order beside the rules")
    journal: Path | None = Field(None, description="Asterisk's CEL file, if not the embedded PBX's")

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
    rtp_first: int = Field(20000, ge=1024, le=65000, description="first of 2,000 RTP ports")
    trunk_match: str = Field("", description="further addresses that may deliver calls, separated by commas")

    network_host: str = Field("127.0.0.2", description="the simulated network's trunk")
    phones_host: str = Field("127.0.0.3", description="the simulated departments' phones")
    network_port: int = Field(15070, ge=1, le=65535)
    network_ami_port: int = Field(15039, ge=1, le=65535)
    network_rtp_first: int = Field(24000, ge=1024, le=65000)

    reply_seconds: float = Field(1.5, gt=0, le=30, description="a caller's longest wait for the engine")
    lease_seconds: int = Field(3, ge=2, le=60, description="how long the engine counts as alive")
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def control(self) -> Path:
        """The socket on which the engine of this instance takes orders from this machine."""
        return self.state / f"control-{self.instance}.sock"


def load(**changes: object) -> Settings:
    """Read the settings from the environment; `changes` win over it.

    Raises SettingsError with the variable's name, its value and what was expected.
    """
    try:
        return Settings(**changes)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"IVR_{'_'.join(str(part) for part in item['loc']).upper()}: {item['msg']} (given: {item['input']!r})"
            for item in error.errors(include_url=False)
        ]
        raise SettingsError("wrong settings:\n  " + "\n  ".join(lines)) from error
