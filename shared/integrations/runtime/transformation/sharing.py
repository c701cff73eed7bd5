"""Which replica cleans which partitions: worked out by each for itself, with the same outcome."""

from collections.abc import Collection, Mapping

from integrations.messages import PARTITIONS

FREE = ""
"""Owner of a partition that nobody has."""


def shares(
    members: Collection[str], owners: Mapping[int, str], partitions: int = PARTITIONS
) -> dict[int, str]:
    """Return the owner that each partition should have; of no members none.

    `owners` are those of now. Shares differ by one at most, and as few partitions as that allows change
    hands: everybody keeps what is within its share, and who has most may have one more than others.
    """
    if not members:
        return {}
    held = {member: [p for p in range(partitions) if owners.get(p) == member] for member in members}
    ranked = sorted(members, key=lambda member: (-len(held[member]), member))
    least, more = divmod(partitions, len(ranked))
    share = {member: least + (rank < more) for rank, member in enumerate(ranked)}
    target = {p: member for member in ranked for p in held[member][: share[member]]}
    wanting = (member for member in ranked for _ in range(share[member] - len(held[member])))
    target |= zip((p for p in range(partitions) if p not in target), wanting, strict=True)
    return target
