"""What all entries of the rules share: they refuse unknown keys and wrong types."""

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """An entry that refuses unknown keys and wrong types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
