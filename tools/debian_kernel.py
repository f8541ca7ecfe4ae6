# SPDX-License-Identifier: BSD-3-Clause
"""Kernels of Debian, which need not be installed: packages, unpacked under build/."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent / "build/nested"
CLOUD = "linux-image-cloud-amd64"


class Kernel:
    """The kernel of a Debian package: its image, and its modules."""

    def __init__(self, root):
        self.image = next(root.glob("boot/vmlinuz-*"))
        self.directory = next(root.glob("lib/modules/*"))

    def modules(self, names):
        """The files of the modules `names`, each after those that it depends on."""
        files = []
        for name in names:
            self._add(name, files)
        return files

    def _add(self, name, files):
        # A file has dashes or underscores where the module has underscores.
        pattern = re.compile(re.escape(name).replace("_", "[-_]").replace(r"\-", "[-_]") + r"\.ko$")
        file = next((each for each in self.directory.rglob("*.ko") if pattern.fullmatch(each.name)),
                    None)
        if file is None:
            raise FileNotFoundError(f"the kernel {self.directory.name} has no module {name}")
        if file in files:
            return
        depends = re.search(rb"\0depends=([^\0]*)\0", file.read_bytes())
        for each in filter(None, depends[1].decode().split(",") if depends else []):
            self._add(each, files)
        files.append(file)


def fetch(package=CLOUD):
    """The kernel of `package`: one of Debian's metapackages, or what such a one depends on."""
    root = CACHE / ("kernel" if package == CLOUD else package)
    if not root.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        depends = subprocess.check_output(["apt-cache", "depends", package], text=True)
        real = re.search(r"Depends: (linux-image-\S+)", depends)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            subprocess.run(["apt-get", "-q", "download", real[1] if real else package], cwd=work,
                           check=True)
            subprocess.run(["dpkg-deb", "-x", next(Path(work).glob("*.deb")), f"{work}/kernel"],
                           check=True)
            os.rename(f"{work}/kernel", root)
    return Kernel(root)
