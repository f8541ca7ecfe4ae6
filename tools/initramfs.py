# SPDX-License-Identifier: BSD-3-Clause
"""Gathers programs with what they need, and packs them as the first file system of a Linux kernel."""

import re
import shutil
import subprocess
from pathlib import Path

# Debian has these in /usr, and links to them in /.
MERGED = ("bin", "sbin", "lib", "lib32", "lib64")


class Initramfs:
    """A tree of files in a directory, which must be empty at first."""

    def __init__(self, directory):
        self.root = Path(directory)
        self.added = set()
        for name in MERGED:
            (self.root / "usr" / name).mkdir(parents=True)
            (self.root / name).symlink_to(f"usr/{name}")
        self.add("/bin/busybox")
        for applet in subprocess.check_output(["/bin/busybox", "--list"], text=True).split():
            if applet != "busybox":
                (self.root / "usr/bin" / applet).symlink_to("busybox")

    def write(self, path, text, mode=0o644):
        """Makes a file with `text`."""
        target = self.place(path)
        target.write_text(text)
        target.chmod(mode)

    def add(self, path):
        """Copies a file or a directory to the path that it has here, with the shared libraries
        that programs in it need, and the interpreters that scripts name."""
        path = Path(path).absolute()
        if path in self.added:
            return
        self.added.add(path)
        if path.is_dir():
            for entry in sorted(path.iterdir()):
                self.add(entry)
        elif path.is_file():
            target = self.place(path)
            target.unlink(missing_ok=True)
            shutil.copy2(path, target)
            for needed in needs_of(path):
                self.add(needed)
        elif not path.is_symlink():
            raise FileNotFoundError(f"there is no {path}")

    def place(self, path):
        """The path in the tree, whose directory is there when this returns."""
        parts = Path(path).absolute().parts[1:]
        target = self.root.joinpath(*(("usr",) if parts[0] in MERGED else ()), *parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def pack(self, archive):
        """Writes the tree as a cpio archive, which Linux takes as an initrd."""
        with open(archive, "wb") as out:
            names = subprocess.run(["find", ".", "-mindepth", "1", "-print0"], cwd=self.root,
                                   capture_output=True, check=True).stdout
            subprocess.run(["cpio", "-o", "-0", "-H", "newc", "-R", "0:0", "--quiet"],
                           cwd=self.root, input=names, stdout=out, check=True)


def needs_of(path):
    """What the kernel and the loader open to run `path`."""
    with open(path, "rb") as file:
        head = file.read(128)
    if head.startswith(b"#!"):
        words = head[2:].split(b"\n")[0].decode().split()
        if words[0].endswith("/env"):
            return [shutil.which(words[1])]
        return [] if words[0] == "/bin/sh" else words[:1]
    if not head.startswith(b"\x7fELF"):
        return []
    # It fails for what is linked statically, and for objects.
    listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(/\S+) \(0x", listed)
