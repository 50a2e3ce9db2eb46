"""``KeyMap``: a hash map that is copied in no time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

_FULL = 170  # about the most that a dict holds in a table of 256 slots
_DEEPEST = 16  # bits; keys whose hashes are alike so far share a bucket, whatever its size


class _Bucket:
    """The entries whose hashes end in the same ``depth`` bits."""

    __slots__ = ("depth", "items", "owner")

    def __init__(self, owner: object, items: dict[Any, Any], depth: int) -> None:
        self.owner = owner
        self.items = items
        self.depth = depth


class KeyMap:
    """A dict in small buckets (extendible hashing: a full one is split, the others stay).

    Forks share buckets until one of them writes, as in ``RowList``. A bucket that has been split
    or copied is never written to again, so ``get`` needs no lock beside one writer. Growing has no
    moment in which everything moves, as a dict has.
    """

    __slots__ = ("_buckets", "_owner")

    def __init__(self) -> None:
        self._owner = object()
        self._buckets = [_Bucket(self._owner, {}, 0)]

    def fill(self, entries: Sequence[tuple[Any, Any]]) -> None:
        """Take in (key, value) pairs, while empty."""
        depth = max(len(entries) // (_FULL // 2), 1).bit_length() - 1
        self._buckets = [_Bucket(self._owner, {}, depth) for _ in range(1 << depth)]
        dicts = [bucket.items for bucket in self._buckets]
        for key, value in entries:
            dicts[hash((key,)) & (len(dicts) - 1)][key] = value

    def fork(self) -> KeyMap:
        """A map with the same entries that changes on its own. Costs one pointer per bucket."""
        copy = KeyMap()
        copy._buckets = self._buckets.copy()
        self._owner = object()
        return copy

    def get(self, key: Any) -> Any:
        """The value, or None."""
        buckets = self._buckets
        # A tuple's hash is well mixed; an int's own would put all multiples of 4,096 in one bucket.
        return buckets[hash((key,)) & (len(buckets) - 1)].items.get(key)

    def get_each(self, keys: Iterable[Any], default: Any) -> list[Any]:
        """The value of each key, or else the default."""
        buckets = self._buckets
        mask = len(buckets) - 1
        return [buckets[hash((key,)) & mask].items.get(key, default) for key in keys]

    def __setitem__(self, key: Any, value: Any) -> None:
        mixed = hash((key,))
        bucket = self._buckets[mixed & (len(self._buckets) - 1)]
        if bucket.owner is not self._owner:
            bucket = self._own(mixed)
        bucket.items[key] = value
        while len(bucket.items) > _FULL and bucket.depth < _DEEPEST:
            self._split(mixed, bucket)
            bucket = self._buckets[mixed & (len(self._buckets) - 1)]

    def __delitem__(self, key: Any) -> None:
        mixed = hash((key,))
        bucket = self._buckets[mixed & (len(self._buckets) - 1)]
        if bucket.owner is not self._owner:
            bucket = self._own(mixed)
        del bucket.items[key]

    def _own(self, mixed: int) -> _Bucket:
        shared = self._buckets[mixed & (len(self._buckets) - 1)]
        bucket = _Bucket(self._owner, shared.items.copy(), shared.depth)
        self._place(mixed, bucket)
        return bucket

    def _place(self, mixed: int, bucket: _Bucket) -> None:
        """Let all places whose last ``depth`` bits are those of ``mixed`` lead to the bucket."""
        step = 1 << bucket.depth
        for place in range(mixed & (step - 1), len(self._buckets), step):
            self._buckets[place] = bucket

    def _split(self, mixed: int, bucket: _Bucket) -> None:
        if 1 << bucket.depth == len(self._buckets):
            self._buckets = self._buckets * 2
        bit = 1 << bucket.depth
        halves: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
        for key, value in bucket.items.items():
            halves[bool(hash((key,)) & bit)][key] = value
        self._place(mixed & ~bit, _Bucket(self._owner, halves[0], bucket.depth + 1))
        self._place(mixed | bit, _Bucket(self._owner, halves[1], bucket.depth + 1))
