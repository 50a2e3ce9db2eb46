"""The Azure command line, unmodified, through ``fakegraph run``, as a user other than root."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.test_run import run
from tests.pages import DOCS, Page

# In an environment of its own, since it pins what others want newer: the Makefile makes it.
FOLDER = Path(os.environ.get("AZURE_CLI", Path(__file__).parents[2] / ".venv-azure-cli")).absolute()
SIGN_IN = """
set -eu
az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" \\
  --tenant "$AZURE_TENANT_ID" --query '[].state' -o tsv
"""
USERS = """
password='Xy12345678!'
ada=$(az ad user create --display-name Ada --password "$password" \\
  --user-principal-name ada.new@contoso.com --query id -o tsv)
az ad user list --filter "userPrincipalName eq 'ada.new@contoso.com'" --query '[].displayName' -o tsv
az ad user update --id "$ada" --display-name Augusta
az ad user show --id ada.new@contoso.com --query displayName -o tsv
az ad group create --display-name Engines --mail-nickname engines --query displayName -o tsv
az ad group member add -g Engines --member-id "$ada"
az ad group member check -g Engines --member-id "$ada" --query value -o tsv
az ad group member list -g Engines --query '[].displayName' -o tsv
az ad user get-member-groups --id "$ada" --query "[?displayName=='Engines'].displayName" -o tsv
az ad group member remove -g Engines --member-id "$ada"
az ad group member check -g Engines --member-id "$ada" --query value -o tsv
az ad group owner add -g Engines --owner-object-id "$ada"
az ad group owner list -g Engines --query '[].displayName' -o tsv
az ad group list --filter "startswith(displayName,'Engines')" --query '[].displayName' -o tsv
az ad group delete -g Engines
az login -u ada.new@contoso.com -p "$password" --query '[].state' -o tsv
az ad signed-in-user show --query displayName -o tsv
az ad user delete --id "$ada"
az ad user list --upn ada.new@contoso.com -o tsv
"""
APPS = """
app=$(az ad app create --display-name Engine --web-redirect-uris https://engine.example/back \\
  --query appId -o tsv)
az ad app list --display-name Engine --query '[].displayName' -o tsv
az ad app update --id "$app" --display-name Mill --is-fallback-public-client false
az ad app show --id "$app" --query displayName -o tsv
az ad sp create --id "$app" --query displayName -o tsv
az ad sp list --filter "appId eq '$app'" --query '[].displayName' -o tsv
az ad sp update --id "$app" --set notes=busy
az ad sp show --id "$app" --query notes -o tsv
owner=$(az ad user list --query '[0].id' -o tsv)
az ad app owner add --id "$app" --owner-object-id "$owner"
az ad app owner list --id "$app" --query 'length(@)' -o tsv
az ad app federated-credential create --id "$app" --query name -o tsv --parameters \\
  '{"name": "ci", "issuer": "https://ci.example", "subject": "main", "audiences": ["api://x"]}'
az ad app federated-credential delete --id "$app" --federated-credential-id ci
secret=$(az ad app credential reset --id "$app" --query password -o tsv)
az login --service-principal -u "$app" -p "$secret" --tenant "$AZURE_TENANT_ID" \\
  --query '[].user.name' -o tsv | sed "s/$app/itself/"
az ad sp credential reset --id "$app" --create-cert --query fileWithCertAndPrivateKey -o tsv > key
az login --service-principal -u "$app" --certificate "$(cat key)" --tenant "$AZURE_TENANT_ID" \\
  --query '[].user.name' -o tsv | sed "s/$app/itself/"
az rest --url "https://graph.microsoft.com/v1.0/applications(appId='$app')" --query displayName -o tsv
az rest --method patch --url "https://graph.microsoft.com/v1.0/applications(appId='$app')" \\
  --body '{"description": "grinds"}'
az rest --url '/subscriptions?api-version=2022-12-01' --query 'value[].state' -o tsv
az ad sp delete --id "$app"
az ad app delete --id "$app"
az ad app list --display-name Mill -o tsv
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that any user may write to."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o777)
        yield Path(name)


def test_the_line_of_the_guide_works(home: Path) -> None:
    page = Page(DOCS / "how-to" / "unmodified.md")
    (line,) = (each.text for each in page.blocks if "az login" in each.text)
    _, *command = shlex.split(line.partition("fakegraph run")[2])
    assert any('"userPrincipalName"' in each for each in az(home, *command))


def az(home: Path, *command: str) -> list[str]:
    """What a command prints that calls az."""
    return run(
        *command,
        cwd=home,
        HOME=str(home),
        PATH=f"{FOLDER / 'bin'}:{os.environ['PATH']}",
        AZURE_CONFIG_DIR=str(home / "azure"),
        AZURE_CORE_COLLECT_TELEMETRY="false",
    )


def test_users_and_groups(home: Path) -> None:
    assert az(home, "sh", "-c", SIGN_IN + USERS) == [
        *("Enabled", "Ada", "Augusta", "Engines", "true", "Augusta", "Engines", "false"),
        *("Augusta", "Engines", "Enabled", "Augusta"),
    ]


def test_applications_and_service_principals(home: Path) -> None:
    assert az(home, "sh", "-c", SIGN_IN + APPS) == [
        *("Enabled", "Engine", "Mill", "Mill", "Mill", "busy", "1", "ci", "itself", "itself"),
        *("Mill", "Enabled"),
    ]
