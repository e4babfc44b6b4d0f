"""A file system of its own, that loses its power or runs full."""
import fcntl
import os
import struct
import subprocess
import time

import who

EXT4_IOC_SHUTDOWN = 0x8004587d    # _IOR('X', 125, __u32)
LOGFLUSH, NOLOGFLUSH = 1, 2


class Disk:
    """ext4 in a file, mounted at path; root's business."""

    def __init__(self, image, path, size, inodes=None):
        self.image, self.path = image, path
        self.mounted = False
        words = ['mkfs.ext4', '-q', '-F', '-m', '0']
        if inodes:
            words += ['-N', str(inodes)]
        with who.take_up():
            with open(image, 'wb') as f:
                f.truncate(size)
            self.run(words + [image])
            os.mkdir(path)
        self.mount()
        with who.take_up():
            uid, gid = who.nobody()
            os.chown(path, uid, gid)

    def run(self, words):
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env={
                           'PATH': '/usr/sbin:/usr/bin:/sbin:/bin',
                           'LC_ALL': 'C'},
                       user=0 if who.is_root() else None)

    def mount(self):
        with who.take_up():
            self.run(['mount', '-o', 'loop', self.image, self.path])
        self.mounted = True

    def unmount(self):
        """What was killed on it may take a moment to be gone."""
        with who.take_up():
            for i in range(500):
                try:
                    self.run(['umount', self.path])
                    break
                except subprocess.CalledProcessError:
                    if i == 499:
                        raise
                    time.sleep(0.01)
        self.mounted = False

    def cut(self, flag):
        """The power fails. Only a mount brings the file system back."""
        with who.take_up():
            fd = os.open(self.path, os.O_RDONLY)
            try:
                fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack('=I', flag))
            finally:
                os.close(fd)

    def close(self):
        if self.mounted:
            self.unmount()


def usable():
    """Why there can be none here; empty when there can."""
    if not who.is_root():
        return 'only root can mount a file system'
    for p in '/usr/sbin', '/sbin':
        if os.path.exists(p + '/mkfs.ext4'):
            break
    else:
        return 'there is no mkfs.ext4'
    if not os.path.exists('/dev/loop-control'):
        return 'there are no loop devices'
    return ''
