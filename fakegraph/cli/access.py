"""The commands for who is to get in: tokens, and the authority that clients are to trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fakegraph.cli.options import loaded, server_options


@click.command()
@click.option("--role", "roles", multiple=True, help="A permission of an app's token.")
@click.option("--scope", "scopes", multiple=True, help="A permission of a user's token.")
@click.option("--tenant", default="default", show_default=True, help="The tenant it is for.")
@click.option(
    "--expires-in",
    type=click.IntRange(-2_000_000_000, 2_000_000_000),
    default=3600,
    show_default=True,
    help="In seconds.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    envvar="FAKEGRAPH_DATA_DIR",
    required=True,
    help="Of the server that is to accept it.",
)
def token(
    roles: tuple[str, ...], scopes: tuple[str, ...], tenant: str, expires_in: int, data_dir: Path
) -> None:
    """Print an access token that a server with the same data folder accepts.

    Without a role or a scope it has every permission. It opens nothing but that server.

    \b
    fakegraph token --data-dir ./data
    fakegraph token --data-dir ./data --role Reports.Read.All --tenant t1 --expires-in 60
    """
    from fakegraph.app import grantable
    from fakegraph.store import is_tenant_name
    from fakegraph.tenants.clock import system_clock
    from fakegraph.tokens.claims import forge
    from fakegraph.tokens.keys import KeyUnusable, SigningKey
    from fakegraph.workloads.reports import build_models

    wanted: dict[str, Any] = {"expiresIn": expires_in}
    if roles:
        wanted["roles"] = list(roles)
    if scopes:
        wanted |= {"scp": " ".join(scopes), "user": "user@contoso.com"}
    if not is_tenant_name(tenant):
        raise click.UsageError(f"--tenant is {tenant[:80]!r}: no tenant can have that name")
    for option, names in (("--role", roles), ("--scope", scopes)):
        for name in names:
            if not (name and name.isprintable()):
                raise click.UsageError(
                    f"{option} is {name[:80]!r}: it takes one permission, such as Mail.Read"
                )
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        has = grantable(build_models())
        click.echo(forge(wanted, tenant, system_clock(), SigningKey(data_dir), has))
    except KeyUnusable as error:
        raise click.ClickException(str(error)) from error


@click.command()
@server_options("data_dir", "proxy", "tls_name")
@click.option("--pem", is_flag=True, help="Print the certificate itself.")
def ca(pem: bool, no_fixture: bool, config: Path | None, **flags: Any) -> None:
    """Print where the certificate of the local CA is, for clients to trust.

    The CA is kept in the data folder, or else in the user's cache; it is made where there is none.
    All options of serve are taken; those below make a difference.

    \b
    export NODE_EXTRA_CA_CERTS=$(fakegraph ca)
    fakegraph ca --data-dir ./data --pem
    fakegraph ca --proxy
    """
    from fakegraph.tokens.ca import ca_file

    file = ca_file(loaded(no_fixture, config, flags))
    click.echo(file.read_text().rstrip() if pem else str(file))
