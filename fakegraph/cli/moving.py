"""The command that moves tenants from a data folder to a database, or back."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def migrate(source: str, target: str) -> None:
    """Copy all tenants from a data folder into a PostgreSQL database, or the other way.

    One of FROM and TO is a folder, the other one a URL as for serve --store. What is copied from is
    left as it is. No server may have the folder meanwhile; one that has the database may go on, and
    each tenant is copied as it is at one moment. Records, links, contents, changes, what was told
    of them, and the key that signs tokens are copied: tokens and URLs of pages go on. Nothing is
    copied where a tenant is there already.

    \b
    fakegraph migrate ./data postgresql://fakegraph@localhost/fakegraph
    fakegraph migrate postgresql://fakegraph@localhost/fakegraph ./data
    """
    is_out, is_in = _is_url(source), _is_url(target)
    if is_out == is_in:
        raise click.UsageError("one is a data folder, and the other one begins with postgresql://")
    from fakegraph.settings import SettingsError, database_url
    from fakegraph.store import StoreError
    from fakegraph.template import laid_out

    try:
        url = database_url(source if is_out else target)
        from fakegraph.changes.moved import written_down
        from fakegraph.store.postgres.moving import into_database, out_of_database

        if is_out:
            moved = out_of_database(url, Path(target), laid_out(), written_down)
        else:
            moved = into_database(Path(source), url, laid_out())
        count = 0
        for count, (tenant, records) in enumerate(moved, start=1):  # noqa: B007  # the last one
            click.echo(f"{tenant}: {records} records")
        click.echo(f"{count} {'tenant' if count == 1 else 'tenants'} copied")
        _copy_key(Path(target if is_out else source), url, is_out=is_out)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    except ImportError as error:
        if not (error.name or "").startswith("psycopg"):
            raise
        raise click.ClickException("it needs psycopg: pip install 'fakegraph[postgres]'") from error


def _copy_key(folder: Path, url: str, *, is_out: bool) -> None:
    """Have the key that signs tokens go along. Raises StoreError."""
    from fakegraph.store.postgres.pool import Pool
    from fakegraph.tokens.keys import SharedKey, SigningKey

    pool = Pool(url)
    try:
        kept, shared = SigningKey(folder), SharedKey(pool)
        source, target = (shared, kept) if is_out else (kept, shared)
        if not source.copy_to(target):
            where = "the folder" if is_out else "the database"
            click.echo(
                f"{where} has a key of its own already: tokens that were signed before are not "
                "good there",
                err=True,
            )
    finally:
        pool.close()


def _is_url(text: str) -> bool:
    return text.startswith(("postgresql:", "postgres:"))
