"""Who is at the other end of the unix socket, by the kernel's word (SO_PEERCRED, SO_PEERGROUPS; unix(7), socket(7)).

Rule 1: the user that supervision runs as, and root, are admins: they could change it anyway.
Rule 2: members of the group that supervision runs as are supervisors. Nobody else is anybody, whatever the file's mode.
"""

import os
import pwd
import socket
import struct
from dataclasses import dataclass

from ivr.supervision.access.auth import Who
from ivr.supervision.models import Role

SO_PEERGROUPS = 59
MOST_GROUPS = 256  # Python's getsockopt gives 1,024 bytes at most
_CREDENTIALS = struct.Struct("iII")  # pid, uid, gid


@dataclass(frozen=True, slots=True)
class Peer:
    """Whoever connected: process, user, groups. They are those of the moment of connecting."""

    pid: int
    uid: int
    groups: frozenset[int]


def peer_of(connected: socket.socket) -> Peer | None:
    """Give the peer of a unix socket; None for any other socket, or if the kernel does not say."""
    if connected.family != socket.AF_UNIX:
        return None
    try:
        found = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return None
    pid, uid, gid = _CREDENTIALS.unpack(found)
    return Peer(pid, uid, frozenset((gid, *_further_groups(connected))))


def _further_groups(connected: socket.socket) -> tuple[int, ...]:
    """Give the groups beside the first; none of somebody who has more than can be asked for, or by an old kernel."""
    try:
        raw = connected.getsockopt(socket.SOL_SOCKET, SO_PEERGROUPS, MOST_GROUPS * 4)
    except OSError:
        return ()
    return struct.unpack(f"{len(raw) // 4}I", raw)


def who_is(peer: Peer, *, us: int, our_group: int) -> Who | None:
    """Tell what a peer may do; None if nothing. `us` is our user id."""
    if peer.uid in (us, 0):
        return Who(user_name(peer.uid), Role.ADMIN, "socket")
    if our_group in peer.groups:
        return Who(user_name(peer.uid), Role.SUPERVISOR, "socket")
    return None


def known_here(peer: Peer) -> Who | None:
    """Tell what a peer of this process may do."""
    return who_is(peer, us=os.geteuid(), our_group=os.getegid())


def user_name(uid: int) -> str:
    """Give the name of a user; its number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
