"""What describes a published model: ``$metadata`` and the service document."""

from __future__ import annotations

from collections.abc import Iterator

from fakegraph.edm.additions import with_declared
from fakegraph.edm.csdl import annotations_of
from fakegraph.edm.model import Model
from fakegraph.edm.published import PublishedModel
from fakegraph.edm.to_csdl import csdl_chunks


def metadata(
    published: PublishedModel, declared: Model | None = None, strict: bool = False
) -> Iterator[bytes]:
    """``$metadata`` as CSDL XML, a piece at a time; with what is declared, where that is given.

    ``strict``: of what is declared it says that only documented queries are taken.
    """
    if declared is None:
        return csdl_chunks(published.lines)
    whole = with_declared(published, declared)
    return csdl_chunks(whole.lines, annotations_of(declared, strict))


def service_document(model: PublishedModel) -> list[dict[str, str]]:
    """What paths may begin with: the sets, then the singletons, each by name.

    An import has parameters or an effect, and Graph names none (OData JSON Format 4.01, section 5).
    """
    roots = [root for root in model.roots() if root.kind in _KINDS]
    return [
        {"name": root.name, "kind": _KINDS[root.kind], "url": root.name}
        for root in sorted(roots, key=lambda root: (root.kind, root.name.lower()))
    ]


_KINDS = {"set": "EntitySet", "singleton": "Singleton"}
