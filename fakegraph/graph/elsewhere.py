"""Paths that are not served here: where they are, and whether Microsoft Graph has them at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fakegraph.edm.fields import did_you_mean, shown
from fakegraph.edm.model import Model
from fakegraph.errors import GraphError
from fakegraph.graph.beyond import BUILT_IN
from fakegraph.graph.paths import ORGANIZATION, PathError, resolve
from fakegraph.graph.refusals import CalledOtherwise, method_not_allowed
from fakegraph.graph.versions import Versions

if TYPE_CHECKING:
    from fakegraph.graph.resource_path import ResourcePath

NOT_SERVED: Mapping[str, str] = {"x-fakegraph": "not-served"}


def explained(
    error: PathError, models: Mapping[str, Model], versions: Versions, method: str, path: str
) -> GraphError:
    """A refusal of a path behind its version, with a hint at where it, or its like, is served.

    501 where Microsoft Graph has the path and the method, with ``x-fakegraph: not-served``; 405
    where it has the path alone.
    """
    if error.segments and error.segments[0].casefold() in models:
        hint = "The version is there already: leave the second one out."
        return replace(error, message=f"{error.message} {hint}")
    homes = [version for version, model in models.items() if _is_served(model, error.segments)]
    if homes:
        spelt = "/".join(error.segments)
        where = " and ".join(f"/{version}/{spelt}" for version in homes)
        return replace(error, message=f"{error.message} It is served as {where}.")
    model = models.get(error.version)
    if model is None:
        return error
    served = [resource.path for resource in model.resources]
    hint = _hint(model.version, served, error.segments)
    try:
        if error.segments[:1] and error.segments[0].casefold() == ORGANIZATION:
            raise error  # it may stand there once, and that one is left out already
        found = versions.walk(error.version)(path)
    except GraphError as refusal:
        return _of_nobody(error, refusal, versions, path, hint)
    return _of_graph(found, versions, method, hint)


def _hint(version: str, served: list[str], segments: Sequence[str]) -> str:
    """What is declared of a version that begins as a path does, and what that may have meant."""
    begun = [f"/{each}" for each in served if each.split("/")[:1] == list(segments[:1])]
    listed = f"In {version}, {', '.join(begun)} are declared besides." if begun else ""
    return f"{listed}{did_you_mean('/'.join(segments), served)}".strip()


def is_misplaced(error: PathError, models: Mapping[str, Model]) -> bool:
    """Whether a path says something twice that may be said once: a version, the organization."""
    first = error.segments[0].casefold() if error.segments else ""
    return first in models or first == ORGANIZATION


def _of_nobody(
    error: PathError, refusal: GraphError, versions: Versions, path: str, hint: str
) -> GraphError:
    """The model has no such path: it says what is wrong, and where."""
    return replace(
        error,
        message=f"{refusal.message} {_known(error, refusal, versions, path, hint)}".rstrip(),
        target=refusal.target,
    )


def _known(error: PathError, refusal: GraphError, versions: Versions, path: str, hint: str) -> str:
    """What there is instead of a path that a version's model does not have."""
    if isinstance(refusal, CalledOtherwise):
        return ""  # it is there, and the refusal says how it is called
    homes = [shown(f"/{version}/{path.lstrip('/')}") for version in versions.having(path)]
    if homes:
        return f"It is no path of {error.version}: {' and '.join(homes)} has it."
    known = f"The published model of {error.version} has no such path either."
    if versions.is_built_in(error.version) and error.version != BUILT_IN:
        known = (
            f"fakegraph's model of {error.version} was read off an SDK and has no such path: "
            f"--model {error.version}=FILE serves another model."
        )
    return f"{known} {hint}"


def _of_graph(path: ResourcePath, versions: Versions, method: str, hint: str) -> GraphError:
    reading = "GET" if method == "HEAD" else method
    allowed = path.allowed(versions.least)
    if method != "OPTIONS" and reading not in allowed:
        return method_not_allowed(", ".join((*allowed, "OPTIONS")))
    operation = path.operation
    what = "" if operation is None else f", which is {operation.qualified}"
    return GraphError(
        501,
        "NotImplemented",
        f"{method} {path.template}{what}: Microsoft Graph has it, fakegraph does not. {hint}",
        headers=NOT_SERVED,
    )


def _is_served(model: Model, segments: Sequence[str]) -> bool:
    try:
        return resolve(model, segments).resource is not None
    except GraphError:
        return False
