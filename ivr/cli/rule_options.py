"""Options that the commands about rules share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Output(StrEnum):
    """How answers are written."""

    TABLE = "table"
    JSON = "json"


RulesFile = Annotated[Path, typer.Option("--rules", envvar="IVR_RULES", help="The file with the routing rules.")]
PromptRoot = Annotated[Path, typer.Option("--prompts", envvar="IVR_PROMPTS", help="Texts and recordings, by language.")]
Form = Annotated[Output, typer.Option("--output", envvar="IVR_OUTPUT", help="Form of the answer.")]
DEFAULT_RULES = Path("routing_rules.yaml")
DEFAULT_PROMPTS = Path("recordings/prompts")
