"""The commands about what is served: models are made, and what they have is listed."""

from __future__ import annotations

from pathlib import Path

import click

from fakegraph.cli.output import open_output


@click.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csdl")
@click.option("-o", "output", required=True, metavar="FILE", help="The model file; - for stdout.")
def model(file: Path, output: str) -> None:
    """Make a model file from a CSDL document, such as a service's $metadata.

    It has the document's types, operations and entity sets in sorted lines of text, which are
    read when first used; diff shows what one model has and another has not.

    \b
    fakegraph model metadata.xml -o beta.model
    """
    from fakegraph.edm.from_csdl import CsdlError, model_text

    try:
        text = model_text(file.read_bytes())
    except CsdlError as error:
        raise click.ClickException(f"{file}: {error}") from error
    with open_output(output) as stream:
        stream.write(text.encode())


@click.command()
@click.option("--coverage", is_flag=True, help="What of it is as in the real service, in Markdown.")
@click.option("--path", metavar="PATTERN", help="Paths of the published model, * for anything.")
def routes(coverage: bool, path: str | None) -> None:
    """Print what is served, per version.

    With --path, what is published of the paths that meet a pattern: each method with its evidence
    (permitted: documented, or a permission names it; known: by another path; declared: by the model
    alone) and the least permission of users at work, users with accounts of their own, and apps.

    \b
    fakegraph routes
    fakegraph routes --path /users/ada@contoso.com/messages
    fakegraph routes --path '/beta/reports/*'
    fakegraph routes --coverage
    """
    if coverage:
        click.echo(_coverage_file().read_text(), nl=False)
        return
    if path is not None:
        _print_published(path)
        return
    from fakegraph.control.routes import routes as control_routes
    from fakegraph.graph.entities import handlers_of, targets_of
    from fakegraph.signin.api import routes as sign_in_routes
    from fakegraph.workloads.reports import build_models

    for version, model in build_models().items():
        for target in targets_of(model):
            path = f"/{version}{target.route}{_parameters(target.resource)}"
            click.echo(f"{', '.join(handlers_of(target)):20} {path}")
    for methods, path in (*sign_in_routes(), *control_routes()):
        click.echo(f"{', '.join(methods):20} {path}")


def _print_published(path: str) -> None:
    from fakegraph.errors import GraphError
    from fakegraph.graph.templates import rows
    from fakegraph.graph.versions import Versions
    from fakegraph.workloads.reports import build_models

    versions = Versions(build_models())
    version, pattern = versions.addressed(path)
    try:
        found = list(rows(versions.walk(version), pattern))
    except GraphError as error:
        raise click.ClickException(str(error)) from error
    if not found:
        raise click.ClickException(f"no path of {version} meets '/{pattern}'")
    width = max(len(template) for _, template, _, _ in found)
    for method, template, evidence, permissions in found:
        where = f"/{version}{template:{width}}"
        click.echo(f"{method:6} {where} {evidence:9} {permissions}")


def _parameters(resource: object) -> str:
    """How a function's parameters are written, where it takes any."""
    names = [each.name for each in getattr(resource, "overloads", ((),))[-1]]
    return f"({','.join(f'{name}=…' for name in names)})" if names else ""


def _coverage_file() -> Path:
    """The page: inside an installed package, or in the documents of a checkout."""
    installed = Path(__file__).parents[1] / "_docs" / "coverage.md"
    return installed if installed.exists() else Path(__file__).parents[2] / "docs" / "coverage.md"
