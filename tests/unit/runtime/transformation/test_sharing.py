"""Which replica cleans what: one owner each, fair shares, few moves, whoever comes and goes."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from integrations.messages import PARTITIONS
from integrations.runtime.transformation.sharing import FREE, shares

names = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])
members = st.sets(names, min_size=1)
owners = st.dictionaries(st.integers(0, PARTITIONS - 1), names | st.just(FREE))


def sizes(target, present):
    count = Counter(target.values())
    return [count[name] for name in present]


@given(members, owners)
def test_each_partition_has_one_owner_who_is_there_and_shares_are_fair(present, now):
    target = shares(present, now)
    assert target.keys() == set(range(PARTITIONS))
    assert set(target.values()) <= present
    assert max(sizes(target, present)) - min(sizes(target, present)) <= 1


@given(members, owners)
def test_no_more_partitions_change_hands_than_fair_shares_need(present, now):
    target = shares(present, now)
    held = Counter(owner for owner in now.values() if owner in present)
    least, more = divmod(PARTITIONS, len(present))
    biggest = sorted(held.values(), reverse=True) + [0] * len(present)
    allowed = [least + (rank < more) for rank in range(len(present))]
    surplus = sum(max(0, have - may) for have, may in zip(biggest, allowed, strict=False))
    assert sum(now.get(p) in present and now[p] != owner for p, owner in target.items()) == surplus


@given(members, owners)
def test_what_is_fair_stays_as_it_is(present, now):
    target = shares(present, now)
    assert shares(present, target) == target


@given(st.permutations(["a", "b", "c", "d"]), owners)
def test_everybody_works_out_the_same(order, now):
    assert shares(order, now) == shares(sorted(order), dict(sorted(now.items())))


def test_nobody_there_is_nobody_to_own_anything():
    assert shares([], {3: "a"}) == {}


class Group(RuleBasedStateMachine):
    """Replicas that see who is there late and one by one; a fence lets only who has seen the last one by."""

    def __init__(self):
        super().__init__()
        self.alive: set[str] = set()
        self.stopped: set[str] = set()
        self.fences: dict[int, tuple[str, int]] = {}
        self.believes: dict[str, dict[int, int]] = {}
        self.published: dict[int, list[str]] = {}
        self.count = 0

    @rule(name=names)
    def come(self, name):
        self.alive.add(name)
        self.stopped.discard(name)
        self.believes.setdefault(name, {})

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def be_stopped_beyond_the_lease(self, data):
        name = data.draw(st.sampled_from(sorted(self.alive)))
        self.alive.discard(name)
        self.stopped.add(name)

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def leave(self, data):
        name = data.draw(st.sampled_from(sorted(self.alive)))
        for partition in tuple(self.believes[name]):
            self.put(name, partition, FREE)
        self.alive.discard(name)
        self.believes[name] = {}

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def look(self, data):
        name = data.draw(st.sampled_from(sorted(self.alive)))
        self.look_as(name)

    def look_as(self, name):
        mine = self.believes[name]
        for partition in tuple(mine):
            if self.fences.get(partition) != (name, mine[partition]):
                del mine[partition]
        now = {p: owner for p, (owner, _) in self.fences.items() if owner in self.alive}
        target = shares(self.alive, now)
        for partition in range(PARTITIONS):
            if partition in mine and target[partition] != name:
                self.put(name, partition, FREE)
                del mine[partition]
            elif partition not in mine and target[partition] == name and not self.is_taken(partition, name):
                mine[partition] = self.put(name, partition, name)

    def is_taken(self, partition, name):
        return self.fences.get(partition, (FREE, 0))[0] in self.alive - {name}

    def put(self, name, partition, owner):
        """Put a fence; only who names the last one gets its own there, and a stopped one does not."""
        self.count += 1
        last = self.fences.get(partition, (FREE, 0))
        if owner == FREE and last != (name, self.believes[name].get(partition)):
            return None
        self.fences[partition] = (owner, self.count)
        return self.count

    @invariant()
    def only_one_can_publish(self):
        for partition in range(PARTITIONS):
            able = [
                name
                for name in self.alive | self.stopped
                if partition in self.believes[name]
                and self.fences.get(partition) == (name, self.believes[name][partition])
            ]
            assert len(able) <= 1

    def teardown(self):
        """Once nobody comes or goes, every partition finds its owner."""
        for _ in range(3):
            for name in sorted(self.alive):
                self.look_as(name)
        if self.alive:
            held = Counter({name: len(self.believes[name]) for name in self.alive})
            assert sum(held.values()) == PARTITIONS
            assert max(held.values()) - min(held.values()) <= 1


TestGroup = Group.TestCase
