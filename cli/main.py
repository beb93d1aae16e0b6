"""The `onsite` command. A command is imported only when it is called, so that each starts fast."""

from importlib import import_module

import click

from models import code

# Each is a function of that name in the module of that name, unless it is said to be elsewhere.
COMMANDS = (
    "db", "device", "doctor", "export", "import", "jobs", "photos", "plans", "release", "run",
    "sample", "settings", "simulate", "template", "tour", "user",
)  # fmt: skip
ELSEWHERE = {name: "imports" for name in ("export", "import", "template")}
KEYWORDS = {"import": "import_"}  # which no function can be called


class Commands(click.Group):
    """Finds a command by importing its module."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        with code.reading():
            module = import_module(f"cli.{ELSEWHERE.get(cmd_name, cmd_name)}")
        command = getattr(module, KEYWORDS.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Commands, context_settings={"max_content_width": 100})
@click.version_option(package_name="onsite", message="%(prog)s %(version)s")
def onsite() -> None:
    """Field service that works without a network: run it, look after it, prove it."""
