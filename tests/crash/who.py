"""Whose the private sites are: never root's."""
import contextlib
import encodings.idna    # noqa: F401 - later it may be out of reach
import os
import pwd


def is_root():
    return os.getuid() == 0


def nobody():
    p = pwd.getpwnam('nobody')
    return p.pw_uid, p.pw_gid


def drop():
    """For good."""
    if is_root():
        uid, gid = nobody()
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def child():
    """For subprocess: a child is nobody altogether. With another effective
    user alone it would not take LD_PRELOAD."""
    if not is_root():
        return {}
    uid, gid = nobody()
    return {'user': uid, 'group': gid}


def lay_down():
    """Until take_up."""
    if is_root():
        uid, gid = nobody()
        os.setgroups([])
        os.setegid(gid)
        os.seteuid(uid)


@contextlib.contextmanager
def take_up():
    """Root again, for what needs it."""
    euid, egid = os.geteuid(), os.getegid()
    os.seteuid(0)
    os.setegid(0)
    try:
        yield
    finally:
        os.setegid(egid)
        os.seteuid(euid)
