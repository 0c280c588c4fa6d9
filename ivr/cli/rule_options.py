"""Options that the commands about rules share."""

from pathlib import Path
from typing import Annotated

import typer

RulesFile = Annotated[Path, typer.Option("--rules", envvar="IVR_RULES", help="The file with the routing rules.")]
PromptRoot = Annotated[Path, typer.Option("--prompts", envvar="IVR_PROMPTS", help="Texts and recordings, by language.")]
DEFAULT_RULES = Path("routing_rules.yaml")
DEFAULT_PROMPTS = Path("recordings/prompts")
