"""Command 42: awareness; PROTOCOL.md says what it is asked and how it answers."""

import json
from types import SimpleNamespace

from pycrdt import Awareness


class Clock:
    now = 0


class ManualAwareness(Awareness):
    """An awareness without a state, whose time and timer only go on when they are told to."""

    def __init__(self, client):
        super().__init__(SimpleNamespace(client_id=client))
        del self._states[client]

    def _get_time(self):
        return Clock.now

    def check(self):
        own = self._meta[self.client_id]
        if self.get_local_state() is not None and Clock.now - own["lastUpdated"] >= self._outdated_timeout / 2:
            self.set_local_state(self.get_local_state())
        silent = [
            client
            for client, meta in self._meta.items()
            if client != self.client_id
            and client in self._states
            and Clock.now - meta["lastUpdated"] >= self._outdated_timeout
        ]
        if silent:
            self.remove_awareness_states(silent, "timeout")

    def observed(self, body):
        """Runs body; says who came, spoke and left, told by their presence before and after."""
        before = set(self._states)
        touched, changed = set(), set()

        def note(topic, event):
            changes = event[0]
            said = changes["added"] + changes["updated"]
            if topic == "update":
                touched.update(said, changes["removed"])
            else:
                changed.update(said)

        subscription = self.observe(note)
        body()
        self.unobserve(subscription)

        def of(was_present, is_present):
            return [
                client
                for client in sorted(touched)
                if (client in before) == was_present and (client in self._states) == is_present
            ]

        def written(clients):
            return ",".join(map(str, clients))

        updated = of(True, True)
        visible = [client for client in updated if client in changed]
        return (
            f"added {written(of(False, True))} updated {written(updated)} ({written(visible)})"
            f" removed {written(of(True, False))}"
        )

    def describe(self):
        return " ".join(
            f"{client}:{meta['clock']}:{json.dumps(self._states.get(client), separators=(',', ':'))}"
            for client, meta in sorted(self._meta.items())
            if meta["clock"] > 0
        )


def read_list(reader, read):
    return [read() for _ in range(reader.var_uint())]


def read_step(reader, replicas, messages):
    """Reads one step of a program; returns what runs it."""
    replica = replicas[reader.var_uint()]
    kind = reader.var_uint()
    if kind == 0:
        milliseconds = reader.var_uint()

        def advance():
            Clock.now += milliseconds
            return ""

        return advance
    if kind == 1:
        state = json.loads(reader.string())
        return lambda: replica.observed(lambda: replica.set_local_state(state))
    if kind == 2:
        name, value = reader.string(), json.loads(reader.string())
        return lambda: replica.observed(lambda: replica.set_local_state_field(name, value))
    if kind == 3:
        clients = read_list(reader, reader.var_uint)
        return lambda: replica.observed(lambda: replica.remove_awareness_states(clients, "test"))
    if kind == 4:
        clients = read_list(reader, reader.var_uint)

        def send():
            known = [client for client in clients if replica.meta.get(client, {"clock": 0})["clock"] > 0]
            messages.append(replica.encode_awareness_update(known))
            return messages[-1].hex()

        return send
    if kind == 5:
        index = reader.var_uint()

        def receive():
            if not messages:
                return ""
            message = messages[index % len(messages)]
            return replica.observed(lambda: replica.apply_awareness_update(message, "test"))

        return receive
    if kind == 6:
        return lambda: replica.observed(replica.check)
    raise ValueError(f"unknown step {kind}")


def run_awareness(reader):
    Clock.now = 1_000_000
    replicas = [ManualAwareness(client) for client in read_list(reader, reader.var_uint)]
    messages = []
    steps = read_list(reader, lambda: read_step(reader, replicas, messages))

    def run(writer):
        lines = (" | ".join([step(), *(replica.describe() for replica in replicas)]) for step in steps)
        writer.string("\n".join(lines))

    return run


COMMANDS = {42: run_awareness}
