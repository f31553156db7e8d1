"""`millpond`: the verbs."""

import typer

from millpond.cli import (
    demo,
    deploy,
    diff,
    doctor,
    enrich,
    explain,
    local,
    materialize,
    new,
    pool,
    preview,
    read,
    retire,
    simulate,
    status,
)

app = typer.Typer(
    name="millpond",
    help="Streaming features from one shared pool: define, compile, deploy, read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(new.new, name="new", rich_help_panel="Write features")
app.command(rich_help_panel="Write features")(pool.check)
app.command(rich_help_panel="Write features")(pool.compile)
app.command(rich_help_panel="Write features")(preview.preview)
app.command(rich_help_panel="Write features")(diff.diff)
app.command(rich_help_panel="Run them")(deploy.deploy)
app.command(rich_help_panel="Run them")(deploy.rollback)
app.command(rich_help_panel="Run them")(retire.retire)
app.command(rich_help_panel="Run them")(status.status)
app.command(rich_help_panel="Run them")(doctor.doctor)
app.command(rich_help_panel="Run them")(materialize.materialize)
app.command(rich_help_panel="Read them")(read.read)
app.command(rich_help_panel="Read them")(enrich.enrich)
app.command(rich_help_panel="Read them")(explain.explain)
app.command(rich_help_panel="Try it")(simulate.simulate)
app.command(rich_help_panel="On this machine")(local.up)
app.command(rich_help_panel="On this machine")(local.down)
app.command(rich_help_panel="On this machine")(demo.demo)
