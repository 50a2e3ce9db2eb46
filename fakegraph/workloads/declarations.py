"""What no model tells, declared: of types, of navigation properties, and of workloads.

A folder of ``fakegraph/workloads/`` has the declarations of one part of Graph; its ``register``
adds them. Everything has a default, by which a type works without a workload.

    declarations.add(
        Type("group", required=("displayName", "mailEnabled"), unique=("uniqueName",)),
        Navigation("group/memberOf", inverse=("group/members",)),
    )

Names are short: ``group`` is ``microsoft.graph.group``, ``security.alert`` is
``microsoft.graph.security.alert``; ``group/members`` is a navigation property after the type that
declares it, ``users`` an entity set or singleton.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from fakegraph.dataclass import dataclass
from fakegraph.edm.values import Instant
from fakegraph.errors import GraphError
from fakegraph.store import Record, Row, Store, Transaction
from fakegraph.workloads.handed import (
    Acting,
    Admit,
    Asker,
    Asks,
    Audited,
    Beyond,
    Compute,
    Derived,
    Document,
    Extend,
    Filled,
    Find,
    Findings,
    Generate,
    Given,
    Idle,
    Lasting,
    Linking,
    Looking,
    Making,
    Others,
    Reach,
    Reading,
    Refuse,
    Rendered,
    Share,
    Standing,
    Start,
    Suit,
    Test,
    Unfold,
    Veil,
    Within,
    Word,
)

if TYPE_CHECKING:
    from fakegraph.odata.bound import Bound
from fakegraph.workloads.words import Words

_NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tracking:
    """How a service tells what has changed since a token: ``/delta``.

    ``options``: the query options that the first request may have, ``filters`` what its ``$filter``
    has to be, None for any, and ``parameters`` what it takes besides. ``token``: the parameter
    that tokens are in, where both kinds are in one. ``latest``: whether that word is a token.
    ``days``: how long tokens are good.

    ``heeded``: what of ``Prefer`` it answers that it heeded, beside what its workload does.
    ``by_selected``: whether a thing is told of only where something that is selected has changed;
    ``sparse``: whether what never had a value is left out; ``minimal``: whether who prefers it is
    told only of what has changed. ``typed``: whether each says its type. ``placed``: whether the
    answer says which collection it is about, instead of what is in it. ``without``: paths of names
    that are left out, and ``unselected`` those that are unless their first name is selected.
    ``facet``: the property that what is gone has, where it is one, and ``lost`` what is told of it
    besides, by what is known of it and what contained it. ``brief``
    says what of what is shown of a thing is told. ``marks``: by a word of ``Prefer``, the property
    of which it is told that it has changed, with the annotation that says so. ``emptied``: by such
    a word, the property that what has lost it is told with, and the top of a tree without it, as
    an empty object. ``beside``: what of ``Prefer`` means nothing without other words.
    """

    options: frozenset[str] = frozenset({"select", "top", "expand", "filter"})
    filters: re.Pattern[str] | None = None
    parameters: tuple[str, ...] = ()
    token: str = ""
    latest: bool = False
    days: int | None = None
    heeded: frozenset[str] = _NOTHING
    by_selected: bool = False
    sparse: bool = False
    minimal: bool = False
    typed: bool = False
    placed: bool = False
    without: tuple[str, ...] = ()
    unselected: tuple[str, ...] = ()
    facet: str = ""
    lost: Callable[[Record, Reading | None], Record] | None = None
    brief: Callable[[Record], Record] | None = None
    marks: Mapping[str, tuple[str, Record]] = field(default_factory=dict)
    emptied: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def heeds(self, preferred: Collection[str]) -> frozenset[str]:
        """What is heeded of the words that a client prefers."""
        given = self.heeded & frozenset(preferred)
        return frozenset(each for each in given if self.beside.get(each, _NOTHING) <= given)


@dataclass(frozen=True)
class Type:
    """What a workload says of a type. Types derived from it inherit all of it, and add to it.

    ``required``: what a body that makes one must have, but for what ``spared`` says of it.
    ``read_only``: what no body may set; ``immutable``: what only the body that makes one may,
    where it is ignored if it is ``ignored`` too; ``fixed``: what a body that changes one may not
    name at all, though it be as it is.
    ``idle``: tell what of one that a body made or changed is kept and without effect, as at the
    service: the journal says so.
    ``ignored``: what bodies may have, and the service sets itself; ``settled``: the same of bodies
    that change one, and ``chosen`` what of it the body that makes one says after all. ``one_of``:
    of what a body that is posted has exactly one; ``paired``: of which one that changes a thing has
    all or none. ``defaults``: values of what is not sent; ``generated``: the same, worked out, one
    after the other.
    ``formed``: what of a body is kept in another form, worked out of it and of what is around;
    of what has that form already it gives the same. ``changed``: what each change sets anew.
    ``computed``: what is worked out whenever it is read; ``unseen``: what of it conditions take as
    it is stored.

    ``unique``: properties whose values no two have (in any case, where they are texts); a key in a
    URL may be one of ``also_by``. ``alternate`` keys of the model are unique anyway.

    ``refuses``: what a body has to pass besides; ``suits``: the same, with what else is there;
    ``checks``: what everything that is made has to,
    by bodies, by the way or by seeds; ``placed``: where a body says that a thing lies, the first
    name of ``lies_in``, or why it cannot be there. ``queries`` what a query has to, by the texts of
    its options; ``listings`` what that of a list has to besides, which is told, by names with an @,
    the properties ``queried_of`` what contains the list; ``conditions`` what the ``$filter`` of a
    list has to, as it was understood, and ``orders`` each key of its ``$orderby``, which is handed
    what ``listings`` are too. All raise GraphError.
    ``searched``: what a ``$search`` means, where that is more than words of texts, and ``findings``
    how much of it is given, and what of it. ``sent``: what becomes of values in bodies; ``veiled``:
    how they are shown where they are not selected; what is ``computed`` is null there. ``written``:
    how values are kept; ``told``: how they are shown, by what the client prefers; ``faced``: how to
    who asks, by the record and the id of the user, which is empty for an app by itself.

    ``default_select``: what is shown where ``$select`` is not given, None for all but
    ``only_when_selected``. ``never_shown``: what can be written only. ``nulls``: whether what has
    no value is shown as null; ``sparse``: whether not even what was set to null is.
    ``selects``: what is shown of a name that is selected and not ``computed``.
    ``always_shown``: whatever is selected. ``unasked``: navigation properties that are shown
    although nobody expands them, beside those of which the model says so.

    ``seeded``: what seeds may say of one beside its properties, each with what it has to be; its
    name begins with ``@``, and it is shown to nobody.
    ``lasting``: the id that they have besides.
    ``located``: what the service calls the type in the URL that the answer gives for one that was
    made, where that is one of its own, which leads nowhere in Graph.
    ``etag``: the property that tells one version from another, from which ``@odata.etag`` is made;
    ``must_match``: whether a write has to name the version that it is about.

    ``kept``: things with one of these values cannot be deleted; of several, there is a tuple.
    ``bin``: the property that says where a thing is, and what it says of a deleted one, which has
    another id there if it is not ``steady``; one that is there already comes to the next place, if
    there is one, and from the last one is deleted for good.
    ``holds``: containers of the same owner, and the property by which things there say that they
    are in one of this type; they are deleted with it, and go along where its id becomes another.
    ``steady``: whether one keeps its id where it is moved; other things that it holds, or that are
    in what it holds, have others then.

    ``ignore_case``: texts that the service compares without regard to case, ``*`` for all but the
    ``exact`` ones.
    ``recent``: moments by which, from the latest on, what was made last comes first of several
    with the same.
    ``indexed``: what is often looked up, ``ordered``: what is often sorted by; ``a+b`` among those
    with the same ``a``, which is ``indexed`` and ``exact``; ``a&b=false+c`` of an ordered one among
    those with the same ``a`` whose ``b`` is just that;
    ``a/*`` by each item of a collection. ``late``: what is looked up where somebody wants it: its
    index is made then, and kept.
    ``related``: navigation properties that a body may set, by ``@odata.bind`` or with the things
    themselves; ``members/manager`` is one of a target.
    ``renewed``: those of them of which a change puts what it has in the stead of what is there.
    ``named``: names in bodies that no property has: by name, the navigation property to the thing
    that is meant, and the property of that. ``heard``: annotations in bodies that say a property,
    or, where its name begins with ``@``, what is kept besides; of some there are the values that
    each of theirs means.
    ``brings``: by navigation property, what is made with it over the wire, or one thing that is
    worked out, and made unless it is there; ``twins``: by container,
    what is there with the same id from then on, by the record and what else there is;
    ``accepted``: the headers of a 202 for it, with ``{root}`` for that of the service.
    ``monitors``: the container of what it contains that tells how far the making of it is.
    ``imported_with``: what only a body has that brings in what was made elsewhere: that is a 200.
    ``asks_heirs``: whether queries may name what only derived types have.
    ``soft_deleted``: whether deleted ones can be restored; for some, by their records. ``buried``:
    what becomes of a record then, and ``revived``: how it was.
    ``founded``: of a record, the navigation property that leads to whom a token names who makes
    it, where the body links nothing there; empty: none does. ``founded_with``: the same for an app
    by itself, by the permission that it has.
    ``lags``: whether what becomes of them gets about late, where a tenant has such a delay.
    ``changed_with``: the status of a change by what it changes, where that is not the usual one.
    ``amends``: what a body that changes one means, where that is not what it says: by a ``Call`` on
    it and what was sent; raises GraphError.
    ``merged``: complex properties of which a change leaves alone what it does not name; ``name/*``:
    of what such a one has, too.
    ``made``: what comes of one that is made, ``unmade``: of one that is deleted, before it is;
    ``restored``: of one that is there again, ``altered``: of one that is changed, by what it was.
    ``follows``: what comes of a body that makes one or changes it, which is done by a ``Call`` on
    it, with its record and the one before; ``leaves``: of a request that deletes one, before that.
    ``derived``: those that are worked out of others; what changes one stores it first.
    ``audited``: what a log says of what is done to them. ``guarded``: the properties that are not
    shown to who asks; raises GraphError for what permissions alone do not allow. ``conceals``: the
    navigation properties of one whose links are not shown to who asks, where many are read.
    ``theirs``: whether one is there for who asks; nobody else finds it, or sees it listed.
    ``strangers``: what who asks is told of one that is not, and of what it has; None: 404.
    ``extended``: what its things have besides in a tenant; that is shown when it is selected.

    ``once``: what is shown by the answer alone that says that one was made, and not kept;
    ``if_missing``: keys by one of which a change makes what is not there, where that is preferred.
    ``later``: the form in which values are kept that this answer alone shows in another;
    ``alone``: whether one takes the place of the one of its type that its owner had before;
    ``overwrites``: whether one in a body of what contains it changes the one with its key there.
    ``again``: by the path of an indexed value, what a body changes of the one that has it already:
    then no other one is made. ``reused``: the id of what is there already and is meant by a body
    that makes one, with what else is there.
    ``tells_changes``: whether a change of one that is a property is answered with what was sent.
    ``together``: properties that no two things of one owner have the same of, texts in any case.
    ``by_path``: the navigation property and the property that ``:/a/b:`` goes by, name by name;
    ``on_the_way`` is the record of what is made there because something below it is.
    ``takes``: what a thing takes over from what its body links it to: by navigation property, its
    own properties and those of the other. ``open``: whether any name can be selected.
    ``beyond``: what queries may name behind navigation properties; ``nominal``: navigation
    properties that can be selected, without effect, where not all of them can; ``echoed``: those
    that an answer to a write shows, and ``returned`` those that the answer to a body that makes
    one does, where it has them.
    ``identified``: the id that one has, by a GUID and the record of what contains it.
    ``annotated``: names of annotations that can be selected, and the annotation that each means.
    ``spellings``: by property, all that a text means which a query compares it with.
    ``refers``: properties with the id of a thing of the same owner, and the container that it is
    in; seeds may have a word for it.
    ``lies_in``: the path of names with the id of a thing of the same owner that it lies in.
    ``conflicts``: the property that ``@microsoft.graph.conflictBehavior`` is about.
    ``redirects``: streams that are read at a URL that needs no token; ``passed``: by stream, what
    the query for it may have although it changes nothing of what is stored here; ``same_bytes``:
    by streams those whose bytes they have too; ``opens`` raises
    GraphError for one of which they cannot be read. ``filled`` says what changes of a
    thing that is given bytes, and ``suited``, by stream, what they have to pass; it raises
    GraphError. ``contents`` makes the bytes of a stream that nobody gave any, and
    says their media type; ``aside``: properties whose bytes are kept beside the record, as
    streams of their names; ``rendered``: how those of a stream are shown; ``kept_in``: the media
    type of all its bytes, which ``$format`` may name; ``patched``: what a body changes
    of a stream, done by a ``Call`` with the arguments ``data`` and ``media``;
    ``touches``: whether it is a change of what contains one when one is made or deleted;
    ``blank``: those that are 204 while nobody has given any, and that can be written although
    the surface knows nothing of it; ``all_bytes``: the methods that ``/$value`` takes because it
    takes them itself, as its bytes are all that it is. ``gathers``: the stream of one that ranges
    of bytes come to, at whose end what contains it has one more attachment in its stead.
    ``tags``: properties that tell versions apart, without an ``@odata.etag``. ``reads`` makes
    things of bodies that are no JSON, by their media type. ``subscribes``: whether one says what
    changes whom is to be told of.
    ``asks``: of one that has nothing itself along a navigation property, what it asks for.
    ``unlisted``: what is shown of one thing alone, and not in a list.
    ``tracking``: how what has changed is told, where that is not as its workload does it;
    ``tracked``: the navigation properties whose links are told with it, and whether they are when
    nothing is selected.
    """

    name: str
    required: tuple[str, ...] = ()
    spared: Callable[[Record], Collection[str]] | None = None
    read_only: frozenset[str] = _NOTHING
    immutable: frozenset[str] = _NOTHING
    fixed: frozenset[str] = _NOTHING
    ignored: frozenset[str] = _NOTHING
    settled: frozenset[str] = _NOTHING
    chosen: frozenset[str] = _NOTHING
    one_of: tuple[str, ...] = ()
    paired: tuple[tuple[str, ...], ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    generated: Mapping[str, Generate] = field(default_factory=dict)
    formed: Mapping[str, Generate] = field(default_factory=dict)
    changed: Mapping[str, Generate] = field(default_factory=dict)
    computed: Mapping[str, Compute] = field(default_factory=dict)
    unseen: frozenset[str] = _NOTHING
    unique: tuple[str, ...] = ()
    also_by: tuple[str, ...] = ()
    refuses: tuple[Refuse, ...] = ()
    suits: tuple[Suit, ...] = ()
    idle: tuple[Idle, ...] = ()
    checks: tuple[Callable[[Making], object], ...] = ()
    placed: Generate | None = None
    queries: tuple[Callable[[Mapping[str, str]], object], ...] = ()
    conditions: tuple[Callable[[Bound], object], ...] = ()
    listings: tuple[Callable[[Mapping[str, str]], object], ...] = ()
    orders: tuple[Callable[[Bound, Mapping[str, str]], object], ...] = ()
    queried_of: tuple[str, ...] = ()
    searched: tuple[Find, ...] = ()
    findings: Findings | None = None
    sent: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    written: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    told: Mapping[str, Callable[[Any, Mapping[str, str]], Any]] = field(default_factory=dict)
    faced: Mapping[str, Callable[[Record, str], Any]] = field(default_factory=dict)
    veiled: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    selects: Callable[[str], Compute] | None = None
    default_select: tuple[str, ...] | None = None
    only_when_selected: frozenset[str] = _NOTHING
    never_shown: frozenset[str] = _NOTHING
    once: frozenset[str] = _NOTHING
    if_missing: frozenset[str] = _NOTHING
    later: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    nulls: bool | None = None
    sparse: bool | None = None
    always_shown: frozenset[str] = _NOTHING
    unasked: frozenset[str] = _NOTHING
    lasting: Lasting | None = None
    located: str | None = None
    seeded: Mapping[str, Callable[[Any], bool]] = field(default_factory=dict)
    etag: str | None = None
    must_match: bool | None = None
    kept: Mapping[str, Any] = field(default_factory=dict)
    bin: tuple[str, tuple[Word, ...]] | tuple[()] = ()
    holds: tuple[tuple[str, str], ...] = ()
    steady: bool | None = None
    ignore_case: frozenset[str] = _NOTHING
    exact: frozenset[str] = _NOTHING
    recent: frozenset[str] = _NOTHING
    indexed: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    related: frozenset[str] = _NOTHING
    renewed: frozenset[str] = _NOTHING
    named: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    heard: Mapping[str, str | tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    brings: Mapping[str, tuple[Mapping[str, Any], ...] | Generate] = field(default_factory=dict)
    twins: Mapping[str, Callable[[Record, Others], Record]] = field(default_factory=dict)
    accepted: Callable[[Record], Mapping[str, str]] | None = None
    monitors: str | None = None
    imported_with: str | None = None
    asks_heirs: bool | None = None
    soft_deleted: bool | Callable[[Record], bool] | None = None
    lags: bool | None = None
    buried: Callable[[Record], Record] | None = None
    revived: Callable[[Record], Record] | None = None
    founded: Callable[[Record], str] | None = None
    founded_with: Mapping[str, str] = field(default_factory=dict)
    changed_with: Callable[[Record], int | None] | None = None
    amends: Callable[[Any, Record], Record] | None = None
    merged: frozenset[str] = _NOTHING
    extended: Extend | None = None
    audited: Audited | None = None
    guarded: Callable[[Standing], frozenset[str]] | None = None
    conceals: Callable[[Standing], frozenset[str]] | None = None
    theirs: Callable[[Reading, Asker], bool] | None = None
    strangers: Callable[[Record, Asker], GraphError] | None = None
    made: Callable[[Acting, Row], object] | None = None
    unmade: Callable[[Acting, Row], object] | None = None
    restored: Callable[[Acting, Row], object] | None = None
    altered: Callable[[Acting, Row, Record], object] | None = None
    derived: Derived | None = None
    follows: Callable[[Any, Record, Record | None], object] | None = None
    leaves: Callable[[Any, Record], object] | None = None
    alone: bool | None = None
    overwrites: bool | None = None
    again: Mapping[str, frozenset[str]] = field(default_factory=dict)
    reused: Callable[[Record, Others], str | None] | None = None
    tells_changes: bool | None = None
    together: tuple[tuple[str, ...], ...] = ()
    by_path: tuple[str, ...] = ()
    on_the_way: Mapping[str, Any] = field(default_factory=dict)
    redirects: frozenset[str] = _NOTHING
    same_bytes: Mapping[str, str] = field(default_factory=dict)
    passed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    opens: Callable[[Reading], object] | None = None
    filled: Callable[[Filled], Record] | None = None
    suited: Mapping[str, Callable[[Filled], object]] = field(default_factory=dict)
    contents: Mapping[str, Callable[[Reading], tuple[bytes, str]]] = field(default_factory=dict)
    takes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    open: bool | None = None
    beyond: Beyond | None = None
    nominal: frozenset[str] | None = None
    echoed: frozenset[str] = _NOTHING
    returned: frozenset[str] = _NOTHING
    reads: Mapping[str, Callable[[bytes], Given]] = field(default_factory=dict)
    refers: Mapping[str, str] = field(default_factory=dict)
    identified: Callable[[str, Record], str] | None = None
    annotated: Mapping[str, str] = field(default_factory=dict)
    spellings: Mapping[str, Callable[[str], tuple[str, ...]]] = field(default_factory=dict)
    lies_in: str | None = None
    conflicts: str | None = None
    tags: tuple[str, ...] = ()
    aside: frozenset[str] = _NOTHING
    rendered: Mapping[str, Rendered] = field(default_factory=dict)
    kept_in: str = ""
    patched: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    touches: bool | None = None
    blank: frozenset[str] = _NOTHING
    all_bytes: frozenset[str] = _NOTHING
    gathers: str = ""
    subscribes: bool | None = None
    unlisted: frozenset[str] = _NOTHING
    asks: Mapping[str, Asks] = field(default_factory=dict)
    tracking: Tracking | None = None
    tracked: Mapping[str, bool] = field(default_factory=dict)

    @cached_property
    def overruled(self) -> frozenset[str]:
        """What the service sets itself, whatever a body says of it that makes one."""
        return self.ignored - self.chosen

    @cached_property
    def overruled_in_changes(self) -> frozenset[str]:
        """The same of a body that changes one."""
        return (self.ignored - self.immutable) | self.settled


@dataclass(frozen=True, slots=True)
class Preview:
    """How one version alone tells what has changed in a collection: others refuse to.

    ``takes``: by parameter of the query, the test of what is told of by its value; ``shows``: the
    properties that are told.
    """

    version: str
    takes: Mapping[str, Callable[[str], Test]]
    shows: frozenset[str]


OfApp = tuple[tuple[str, ...], Callable[[str], str]]
"""Names that lead somewhere, and what something is called there by the name of an application."""


@dataclass(frozen=True)
class Navigation:
    """What a workload says of a navigation property, an entity set or a singleton.

    Where its things are:

    - ``home``: the container that they live in, where it is not the one of this name.
    - ``view``: of the things at home, those whose property has the value that a property of what
      the path led to so far has: ``{"parentFolderId": "id"}``. What is made gets that value.
      ``^/id`` is one of what contains that.
    - ``of``: of a view, the navigation property of what contains what the path led to that leads to
      what contains the things, where that is not the same.
    - ``within``: of the things at home, those that a test finds belong to what the path led to.
    - ``listed``: only those with these values are listed, and what is made has them; by its key
      each is found. A value may be a ``Word``; then what refers to nothing there is listed too.
    - ``unlisted``: what has the id that a word means as that property is found by its key alone.
    - ``where``: of the things at home, those that have these values. What is made gets them.
    - ``foreign``: what others have made: one that a body links to is there, with this record.
    - ``linked``: whether it leads to things that live elsewhere, although the model says contained.
    - ``listed_as``: of an entity set, what is listed where nothing stands behind it: what this path
      leads to.
    - ``above``: what a thing that has this property has is what contains it has, if anything does:
      the root of a group's sites has the group's drives.
    - ``same``: it is another name of this navigation property of the same thing; of a set or a
      singleton, of what this path leads to: ``me/drive``, ``directory/administrativeUnits``.
    - ``through``: besides, what contains things that are linked to it by these relations.
    - ``inverse``: the links of these relations, from the other end.
    - ``closure``: what these links lead to over any number of steps.
    - ``union``: it is all that these containers have.
    - ``deleted``: it is what of these containers was deleted and can be restored.

    ``document`` answers what is asked of it, and behind it, where the thing has bytes.
    ``unfolds`` says what it has, by what is stored and by its ``parameters``; ``traced`` what
    ``/delta`` tells then, also by a single row that has changed: things, and ids of what is gone.
    ``provided``: of a single thing, whether it is there although nobody made it; None: where it
    has nothing itself but what it leads to. ``start``: its first record. ``page_size``,
    ``max_page``: how many are on a page, and may be asked for; ``expanded``: how many ``$expand``
    shows. ``words``: keys that mean a thing, each by what its record has:
    ``{"inbox": {"wellKnownName": "inbox"}}``.
    ``offered``: what is there by a word although nobody made it, and
    ``offered_in`` the navigation properties that it is in, of the same owner.
    ``of_apps``: the words that mean another thing for each application: the names that lead to
    where it is then, and what it is called, by what the application is.
    ``posted``: what the query of a body that makes one may say besides, by the name of each
    parameter what becomes of the record by its text; raises GraphError.
    ``puts``: what becomes of a body that makes no thing there, which it is handed as arguments of a
    call on what would have it: whether it puts there what is elsewhere. ``drops`` takes that out
    again, by its record.
    ``expands``: what an ``$expand`` has to pass that shows it, by the names of the navigation
    properties that led there, its own last; raises GraphError.
    ``queries``: what a query there has to pass besides, by the texts of its options, and
    ``unheeded`` which of these the service ignores, each with the reason.
    ``documented``: methods that are there although the surface knows nothing of them, and ``needs``
    the path whose permissions these need.
    ``statuses``: of a success by method, where they are not the documented ones.
    ``reads``: what the keys of a path have to pass by which one is read; raises GraphError.
    ``missed_as``: the type of which it is said that there is none, where what has it is not there.
    ``absent_too``: whether deleting what is not there is a success.
    ``makes``: what it is put into has to pass, and whether it is there; raises GraphError.
    ``monitors``: whether it has what tells of operations, which is there before what it is about.
    ``tracked``: of what ``/delta`` tells: of what is listed, of all that is found by key, of
    nothing (it is refused), or of what is not built; ``preview``: what one version alone tells.
    ``by_cast``: whether it is listed of one type at a time alone, by a cast. ``blank``: properties
    that have no values in it, whatever they are; ``turned``: how values are shown there, of what is
    found by itself. ``quiet``: whether the answer that something was
    made says where, and not what. ``opens``: what who asks has to pass to have anything of what
    a thing has there; it raises GraphError.
    ``personal``: methods of the collection that no application can use by itself, whatever the
    published permissions say.
    ``only_advanced``: whether any condition wants the advanced parameters. ``firm``: whether a body
    is refused that has another value than the ``view`` gives what is made. ``joins`` and
    ``leaves``: what a link has to pass that a body makes, or takes away; they raise GraphError.
    ``signed_in``: the collection of the same thing of which it is who is signed in. ``by_all``: of
    what is private, whether permissions for more than one's own (``….All``) open that of others.
    ``upserts``: whether a change makes what is not there.
    ``all_members``: whether queries may name members of enumerations that answers have only for
    who prefers them.
    ``joined`` and ``left``: what comes of a link that was made, or taken away.
    ``provisioned``: what a thing has before anybody makes one; by the record of the thing, where
    that is a function. ``given``: the same of an entity set, ``besides`` even where somebody has
    said already what there is. ``itself``: what is in it is the tenant itself, and has its GUID.
    ``written_down``: the log that it is,
    ``audits`` or ``sign-ins``, to which what was noted is added when somebody asks for it.
    ``reached`` finds what a key means of which nothing is stored; ``led`` is the property of such a
    record with the key of the row that it leads to: of several things, those that lie in it.
    """

    name: str
    home: str | None = None
    view: Mapping[str, str] | None = None
    of: str = ""
    within: Within | None = None
    listed: Mapping[str, Any] = field(default_factory=dict)
    unlisted: tuple[str, Word] | tuple[()] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    foreign: Mapping[str, Any] | None = None
    linked: bool = False
    above: str = ""
    same: str | None = None
    listed_as: str = ""
    through: tuple[str, ...] = ()
    inverse: tuple[str, ...] = ()
    closure: str | None = None
    union: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    provided: bool | None = None
    provisioned: tuple[Mapping[str, Any], ...] | Callable[[Record], tuple[Record, ...]] = ()
    known_by: str | None = None
    start: Mapping[str, Any] | Start = field(default_factory=dict)
    page_size: int | None = None
    max_page: int | None = None
    expanded: int | None = None
    counted: Literal["", "all", "page"] = ""
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offered: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offered_in: str = ""
    of_apps: Mapping[str, OfApp] = field(default_factory=dict)
    documented: frozenset[str] = _NOTHING
    needs: str = ""
    personal: frozenset[str] = _NOTHING
    statuses: Mapping[str, int] = field(default_factory=dict)
    order: str | None = None
    parameters: tuple[str, ...] = ()
    posted: Mapping[str, Callable[[str, Record], Record]] = field(default_factory=dict)
    queries: tuple[Callable[[Mapping[str, str]], object], ...] = ()
    unheeded: Callable[[Mapping[str, str]], Mapping[str, str]] | None = None
    expands: Callable[[Sequence[str]], object] | None = None
    puts: Callable[[Any], bool] | None = None  # of a Call
    drops: Callable[[Any, Record], object] | None = None  # of a Call
    asked: Callable[[Mapping[str, str]], Test] | None = None
    document: Document | None = None
    unfolds: Unfold | None = None
    traced: Unfold | None = None
    makes: Callable[[Record, bool], object] | None = None
    reads: Callable[[Sequence[str]], object] | None = None
    missed_as: str = ""
    absent_too: bool = False
    monitors: bool = False
    tracked: Literal["listed", "all", "nothing", "unbuilt"] = "listed"
    preview: Preview | None = None
    by_cast: bool = False
    blank: frozenset[str] = _NOTHING
    turned: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    opens: Callable[[Record, Asker], object] | None = None
    quiet: bool = False
    only_advanced: bool = False
    firm: bool = False
    upserts: bool = False
    all_members: bool = False
    signed_in: str = ""
    by_all: bool = False
    joins: Callable[[Linking], object] | None = None
    leaves: Callable[[Linking], object] | None = None
    given: tuple[Mapping[str, Any], ...] = ()
    besides: bool = False
    itself: bool = False
    written_down: Literal["", "audits", "sign-ins"] = ""
    reached: Reach | None = None
    led: str = ""
    joined: Callable[[Acting, Row, Row], object] | None = None
    left: Callable[[Acting, Row, Row], object] | None = None

    @cached_property
    def whole(self) -> bool:
        """Whether all that its owner has in the container is there, and is listed."""
        is_part = self.where or self.listed or self.within or self.above
        return not is_part and self.view is None


@dataclass(frozen=True)
class Advanced:
    """What things of just this type can be asked, and what of it wants the advanced parameters.

    ``filters``: by property, as a path of names or ``first/*``, what operators it takes: ``D``
    without more, ``A`` with them. ``null`` is an equality with null. ``sorts`` the same of
    ``$orderby``. ``together``: members of which a condition on an item has to name all.
    ``plain``: there are no such parameters there, and a condition goes with any order. ``alone``:
    properties of which a condition goes with none of another. ``of_casts``: those by which a list
    that a cast makes is filtered without the parameters.
    """

    name: str
    filters: Mapping[str, Mapping[str, str]]
    sorts: Mapping[str, str] = field(default_factory=dict)
    together: Mapping[str, frozenset[str]] = field(default_factory=dict)
    plain: bool = False
    alone: frozenset[str] = _NOTHING
    of_casts: frozenset[str] = _NOTHING


@dataclass(frozen=True)
class Turns:
    """What comes of time alone. ``next_after``: when something does, the next time after a moment,
    as far as what is stored says; None for never. ``make``: does what there is to do by then.
    """

    next_after: Callable[[Store, Instant], Instant | None]
    make: Callable[[Transaction, Instant], object]


Follow = Callable[[Acting, Row | None, Row | None], object]
"""What comes of a thing that was made, changed or taken away."""


@dataclass(frozen=True)
class Workload:
    """A part of Graph with habits of its own.

    ``types`` are its own, those derived from them too, and ``paths`` what begins so: what is there
    belongs to it where no type says otherwise. ``nulls`` is that of its types that say nothing
    themselves; ``zeros``: whether what is never null is no, none or the first of an enumeration
    where nothing else is said. ``statuses``: of a success by method, whatever is documented;
    ``usual``: where nothing is. ``preferences``: what of ``Prefer`` it heeds, of what most do not,
    and ``prefers`` what that has to pass; raises GraphError. ``annotations``: what the query of a
    write may have, beginning with ``@``; ``remarks`` what bodies may, beside those of OData, None
    for whatever there is. ``longest``: the most bytes of a body that it takes;
    ``max_page``: how many things may be asked for at once, where nothing else is said.
    ``private``: whether what a user has of it is for that user alone, for apps, and for who was
    granted what is shared. ``expands``: how many navigation properties one ``$expand`` may
    name; ``expanded``: how many things each shows at most, and no more of them; ``depth``: how
    deep one may be in another;
    ``inside``: the query options that may stand in one, None for all, and ``levelled`` where
    ``$levels`` may; ``blank``: whether what leads to no single thing is shown as null.
    ``tracking``: how it tells what has changed. ``whole``: whether all of a value is shown of
    which a part is selected. ``walks``: whether a link to the next page says in ``$skip`` how many
    were walked so far. ``casts_are_sets``: whether the context of a cast names the entity set of
    its type. ``settles``: what each write ends with, to make what follows from it and from the
    time; raises GraphError for what cannot be. ``settled_by``: the containers and relations one of
    which a write must touch for it; any does where there are none. ``turns``: what time does
    without a write. ``follows``: by
    container, what comes of each thing there that a write has made, changed or taken away, whatever
    did that: it is handed its row as it was and as it is, None where there is none.
    ``respells``: how a text of a query is read that may spell ids in several ways.
    ``texts``: whether booleans and numbers may be texts in bodies, and a moment a day alone;
    ``any_case``: whether names of properties, and of types, may be spelt in any case there.
    ``days``: whether a moment there may stand for its day.
    ``weighs``: the resource units of a request, by its method, the path without ids, and the texts
    of its options; answers say them. ``rooted``: whether what its actions give comes with the root
    of the service as ``Location``.
    ``holder``: what a user has to pass to have anything of it; raises GraphError. ``shares``: of a
    ``private`` one, what is withheld of what a user lets another have, as names of properties by
    type; None where all is; ``veils``: what is shown of single things then. ``admits``: of one
    where single things are shared, who may have what lies in what somebody else has; ``belongs``:
    whether all that a group has of it is there for somebody, by the group and the id of a user.
    ``opens``: permissions that are for what lies behind a word of a navigation property alone, and
    do there whatever is documented.
    """

    name: str
    types: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    words: Words = field(default_factory=Words)
    nulls: bool = False
    zeros: bool = False
    statuses: Mapping[str, int] = field(default_factory=dict)
    usual: Mapping[str, int] = field(default_factory=dict)
    preferences: frozenset[str] = _NOTHING
    prefers: Callable[[Mapping[str, str]], object] | None = None
    respells: Callable[[str], str] | None = None
    annotations: frozenset[str] = _NOTHING
    remarks: tuple[str, ...] | None = None
    longest: int | None = None
    max_page: int | None = None
    private: bool = False
    expands: int | None = None
    tracking: Tracking = field(default_factory=Tracking)
    expanded: int | None = None
    depth: int | None = None
    inside: frozenset[str] | None = None
    levelled: frozenset[str] | None = None
    blank: bool = True
    whole: bool = False
    walks: bool = False
    casts_are_sets: bool = False
    settles: Callable[[Transaction, Instant], object] | None = None
    settled_by: frozenset[str] = frozenset()
    turns: Turns | None = None
    follows: Mapping[str, Follow] = field(default_factory=dict)
    texts: bool = False
    days: bool = False
    any_case: bool = False
    rooted: bool = False
    weighs: Callable[[str, str, Mapping[str, str]], int] | None = None
    holder: Callable[[Record], object] | None = None
    shares: Callable[[Share], Mapping[str, frozenset[str]] | None] | None = None
    veils: Callable[[Share], Veil | None] | None = None
    admits: Admit | None = None
    belongs: Callable[[Looking, Row, str], bool] | None = None
    opens: Mapping[str, tuple[str, str]] = field(default_factory=dict)


GENERAL = Workload("general")


@dataclass(frozen=True)
class Operation:
    """A function that does what an action or a function of the model does: ``operations.py``.

    ``media`` reads the arguments of an action out of bodies that are no JSON, by media type.
    ``tells``: of one that goes on after its answer, makes what tells how far it is, and gives the
    headers of the 202. ``makes``: of one that need not be called on what is there, but on what a
    path says the name of, the argument that says what becomes of a name that is taken.
    ``revives``: of one that may be called on what was deleted softly. ``formats``: whether it reads
    ``$format`` itself. ``optional``: parameters that may be left out although the model never has
    them null. ``lists``: of a function, what is declared of the list that it gives. ``refers``:
    parameters whose things are those that have their ids.
    """

    name: str
    function: Callable[[Any], Any]
    reads: bool = False
    status: int | None = None
    workload: Workload | None = None
    media: Mapping[str, Callable[[bytes], Mapping[str, Any]]] = field(default_factory=dict)
    tells: Callable[[Any, Any, Any], Mapping[str, str]] | None = None
    makes: str = ""
    passes_over: bool = False
    revives: bool = False
    formats: bool = False
    optional: frozenset[str] = _NOTHING
    lists: Navigation | None = None
    refers: frozenset[str] = _NOTHING
