"""The middle of a lab (lab.ts): network namespaces, and the links between them.

Usage: hub.py, and one JSON line on stdin: [["10.99.0.1"], ...], the IPv4 addresses of each node. It makes a namespace
with a TUN device for each, answers {"namespaces": [file descriptor, ...]}, and then carries packets between the devices.
Each further line is a command, and is answered by a line:
  {"link": {"delayMs": 150, "jitterMs": 20, "loss": 0.3, "bytesPerSecond": 125000, "firewall": true}, "from": 0, "to": 1}
      changes what is named; without "from" or "to": of all nodes
  {"groups": [[0, 1], [2, 3]]}   cuts the links between groups; null heals
  {}                             only answers; every answer has the counts of packets

The namespaces have no names: they, their devices and routes go when this process does, however it ends. It ends when
stdin does, and takes along whatever still runs in them.
"""

import ctypes
import fcntl
import heapq
import itertools
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x1001
MTU = 1500
# What a link with a rate holds before it drops, as time: a usual size of a router's queue.
QUEUE_SECONDS = 1.0
# Packets read from one device before the others have their turn.
BURST = 64

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def open_namespace(addresses):
    """A new namespace with a TUN device that has these addresses and all routes: (namespace, device)."""
    check(libc.unshare(CLONE_NEWNET), "a network namespace")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22s", b"lab", IFF_TUN_NO_PI, b""))
    commands = ["link set lo up", f"link set lab mtu {MTU} txqueuelen 1000 up"]
    commands += [f"address add {address}/32 dev lab" for address in addresses]
    commands += [f"route add default dev lab src {addresses[0]}"]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True, check=True)
    return os.open("/proc/self/ns/net", os.O_RDONLY), device


def opens_connection(packet):
    """Whether it is the first segment of a TCP connection: SYN without ACK."""
    flags = 4 * (packet[0] & 15) + 13
    return packet[9] == 6 and len(packet) > flags and packet[flags] & 0x12 == 0x02


class Link:
    """One direction between two nodes."""

    __slots__ = ("delay", "jitter", "loss", "rate", "firewall", "free_at")

    def __init__(self):
        self.delay = self.jitter = self.loss = self.rate = 0.0
        self.firewall = False
        self.free_at = 0.0

    def change(self, to):
        self.delay = to.get("delayMs", self.delay * 1000) / 1000
        self.jitter = to.get("jitterMs", self.jitter * 1000) / 1000
        self.loss = to.get("loss", self.loss)
        self.rate = to.get("bytesPerSecond", self.rate)
        self.firewall = to.get("firewall", self.firewall)

    def arrival(self, now, size):
        """When a packet that is sent now arrives, or why it does not."""
        if self.loss and random.random() < self.loss:
            return "lost"
        sent = now
        if self.rate:
            if self.free_at - now > QUEUE_SECONDS:
                return "overflowed"
            sent = self.free_at = max(now, self.free_at) + size / self.rate
        jitter = random.uniform(-self.jitter, self.jitter) if self.jitter else 0.0
        return sent + max(0.0, self.delay + jitter)


class Hub:
    def __init__(self, nodes):
        self.node_of = {}
        for node, addresses in enumerate(nodes):
            for address in addresses:
                self.node_of[bytes(map(int, address.split(".")))] = node
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        opened = [open_namespace(addresses) for addresses in nodes]
        check(libc.setns(home, CLONE_NEWNET), "the way back")
        self.namespaces = [namespace for namespace, _ in opened]
        self.devices = [device for _, device in opened]
        self.links = [[Link() for _ in nodes] for _ in nodes]
        self.group = None
        self.counts = {"forwarded": 0, "bytes": 0, "lost": 0, "overflowed": 0, "cut": 0}
        self.sequence = itertools.count()
        self.on_the_way = []

    def run(self):
        """Carries packets until stdin ends."""
        poll = select.epoll()
        node_of = {device: node for node, device in enumerate(self.devices)}
        for device in self.devices:
            poll.register(device, select.EPOLLIN)
        poll.register(0, select.EPOLLIN)
        while True:
            wait = max(0.0, self.on_the_way[0][0] - time.monotonic()) if self.on_the_way else None
            for ready, _ in poll.poll(wait):
                if ready != 0:
                    self.take(node_of[ready])
                elif not self.obey():
                    return
            self.deliver()

    def take(self, source):
        """Packets that a node has sent."""
        for _ in range(BURST):
            try:
                packet = os.read(self.devices[source], 65536)
            except BlockingIOError:
                return
            # IPv4 only. What is for nobody here, broadcasts among it, is dropped.
            target = self.node_of.get(packet[16:20]) if packet[0] >> 4 == 4 else None
            if target is None:
                continue
            if self.group is not None and self.group.get(source) != self.group.get(target):
                self.counts["cut"] += 1
                continue
            link = self.links[source][target]
            if link.firewall and opens_connection(packet):
                self.counts["cut"] += 1
                continue
            due = link.arrival(time.monotonic(), len(packet))
            if isinstance(due, str):
                self.counts[due] += 1
            else:
                heapq.heappush(self.on_the_way, (due, next(self.sequence), target, packet))

    def deliver(self):
        now = time.monotonic()
        while self.on_the_way and self.on_the_way[0][0] <= now:
            _, _, target, packet = heapq.heappop(self.on_the_way)
            try:
                os.write(self.devices[target], packet)
            except OSError:
                self.counts["overflowed"] += 1
                continue
            self.counts["forwarded"] += 1
            self.counts["bytes"] += len(packet)

    def obey(self):
        """Carries out a line of stdin; False at its end."""
        line = sys.stdin.buffer.raw.readline()
        if not line:
            return False
        command = json.loads(line)
        if "link" in command:
            sources, targets = command.get("from"), command.get("to")
            for source, row in enumerate(self.links):
                for target, link in enumerate(row):
                    if sources in (None, source) and targets in (None, target):
                        link.change(command["link"])
        if "groups" in command:
            groups = command["groups"]
            self.group = groups and {node: at for at, nodes in enumerate(groups) for node in nodes}
        print(json.dumps(self.counts), flush=True)
        return True

    def end_processes(self):
        """Ends whatever still runs in the namespaces; they would live on with it."""
        ours = {os.fstat(namespace).st_ino for namespace in self.namespaces}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.stat(f"/proc/{name}/ns/net").st_ino in ours:
                    os.kill(int(name), signal.SIGKILL)
            except OSError:
                pass


def main():
    # A terminal's Ctrl-C comes here too; the end of stdin is what counts.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    hub = Hub(json.loads(sys.stdin.buffer.raw.readline()))
    # Starved by the nodes that it joins it would look like a slow network.
    os.setpriority(os.PRIO_PROCESS, 0, -10)
    print(json.dumps({"namespaces": hub.namespaces}), flush=True)
    try:
        hub.run()
    finally:
        hub.end_processes()


if __name__ == "__main__":
    try:
        main()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))
