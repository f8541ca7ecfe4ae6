#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Talks to a running `vmctl run` with a client that was written from the protocol's document alone.

usage: interop_test.py VMCTL

Exit status: 0 passed, 1 failed, 77 there is no /dev/kvm.
"""

import ctypes
import errno
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

import vm_client
from vm_client import Client, ProtocolError, Refused, make_memory

PAGE = 4096
DEVICE_MEMORY = 0x80000000
PATIENCE = 60
VMCTL = None


def die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


class GoldenVectors(unittest.TestCase):
    """That the client sends what the document prints, and takes no other answer than it allows."""

    def test_requests(self):
        pack = vm_client.REQUEST.pack
        xr24 = struct.unpack("<I", b"XR24")[0]
        for frame, expected in [
            (pack(1, 0, 0, 0, 0, 0, 0), "01000000" + 7 * "00000000"),
            (pack(2, 0, 0x1122334455667000, 0, 0, 0, 0),
             "02000000 00000000 00706655 44332211" + 4 * "00000000"),
            (pack(3, 0xA1B2C3D4, 0, 0, 0, 0, 0), "03000000 d4c3b2a1" + 6 * "00000000"),
            (pack(4, 0, 0, 5, 0, 0, 0),
             "04000000 00000000 00000000 00000000 05000000" + 3 * "00000000"),
            (pack(4, 0, 0, -3, 0, 0, 0),
             "04000000 00000000 00000000 00000000 fdffffff" + 3 * "00000000"),
            (pack(5, 0, 0, 0, 640, 480, xr24),
             "05000000 00000000 00000000 00000000 00000000 80020000 e0010000 58523234"),
        ]:
            self.assertEqual(frame, bytes.fromhex(expected))

    def test_responses_that_make_no_sense_are_noticed(self):
        ok = vm_client.RESPONSE.pack(1, *(10 * [0]))
        for frame, fds in [(ok, [3]), (ok[:47], []), (ok + b"\0", []), (ok[:44] + b"\0\0\0\1", [])]:
            with self.assertRaises(ProtocolError):
                vm_client.Response(frame, fds)


class Vm(unittest.TestCase):
    """A VM that serves both types of socket; each of its tests talks to one of them."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        paths = {
            socket.SOCK_SEQPACKET: os.path.join(directory.name, "seqpacket"),
            socket.SOCK_DGRAM: os.path.join(directory.name, "datagram"),
        }
        self.start([VMCTL, "run", "--serial", "none", "--memory", "4M", "--gpu", "memfd",
                    "--socket", paths[socket.SOCK_SEQPACKET],
                    "--socket", paths[socket.SOCK_DGRAM] + ",type=datagram"], paths.values())
        self.paths = paths

    def start(self, command, paths):
        self.vm = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        self.addCleanup(self.vm.wait)
        self.addCleanup(self.vm.kill)
        deadline = time.monotonic() + PATIENCE
        while not all(os.path.exists(path) for path in paths):
            self.assertIsNone(self.vm.poll(), "vmctl run ended")
            self.assertLess(time.monotonic(), deadline, "vmctl run does not serve")
            time.sleep(0.01)

    def connect(self, socket_type):
        client = Client(self.paths[socket_type], socket_type)
        self.addCleanup(client.close)
        return client

    def each_type(self):
        for socket_type in self.paths:
            with self.subTest(socket_type=socket_type.name):
                yield self.connect(socket_type)

    def memory(self, size):
        fd = make_memory(size)
        self.addCleanup(os.close, fd)
        return fd

    def assert_refused(self, code, function, *arguments):
        with self.assertRaises(Refused) as caught:
            function(*arguments)
        self.assertEqual(errno.errorcode[caught.exception.code], errno.errorcode[code])

    def test_memory(self):
        for client in self.each_type():
            one = client.register_memory(self.memory(2 * PAGE), 2 * PAGE)
            two = client.register_memory(self.memory(PAGE), PAGE)
            # First fit, in pages of the guest; the lowest slot first.
            self.assertEqual(one[0], DEVICE_MEMORY // PAGE)
            self.assertEqual(two, (one[0] + 2, one[1] + 1))
            client.unregister_memory(one[1])
            self.assert_refused(errno.ENOENT, client.unregister_memory, one[1])
            self.assertEqual(client.register_memory(self.memory(PAGE), PAGE), one)
            client.unregister_memory(one[1])
            client.unregister_memory(two[1])

    def test_refused_memory(self):
        for client in self.each_type():
            fd = self.memory(PAGE)
            for size in (0, 1, PAGE - 1, 2 * PAGE, 2**64 - PAGE, 2**64 - 1):
                self.assert_refused(errno.EINVAL, client.register_memory, fd, size)
            for path, flags, code in [("/dev/null", os.O_RDWR, errno.ENODEV),
                                      ("/proc/self/exe", os.O_RDONLY, errno.EACCES),
                                      ("/proc/self/exe", os.O_PATH, errno.EBADF)]:
                other = os.open(path, flags | os.O_CLOEXEC)
                self.addCleanup(os.close, other)
                self.assert_refused(code, client.register_memory, other, PAGE)
            self.assert_refused(errno.ENODEV, client.register_memory, client.socket.fileno(), PAGE)

    def test_balloon(self):
        for client in self.each_type():
            for pages in (0, 1, -1, 2**31 - 1, -(2**31)):
                self.assert_refused(errno.ENOTCONN, client.adjust_balloon, pages)

    def test_gpu(self):
        for client in self.each_type():
            gpu = client.allocate_gpu_memory(64, 32, b"NV12")
            self.addCleanup(os.close, gpu.fd)
            self.assertEqual(gpu.pfn, DEVICE_MEMORY // PAGE)
            self.assertEqual(gpu.strides, (64, 64, 0))
            self.assertEqual(gpu.offsets, (0, 64 * 32, 0))
            with mmap.mmap(gpu.fd, PAGE) as buffer:
                self.assertEqual(buffer[:], bytes(PAGE))
                buffer[0] = 1
            client.unregister_memory(gpu.slot)
            self.assert_refused(errno.EINVAL, client.allocate_gpu_memory, 64, 32, b"ABCD")
            self.assert_refused(errno.EINVAL, client.allocate_gpu_memory, 0, 32, b"NV12")
            self.assert_refused(errno.EINVAL, client.allocate_gpu_memory, 2**32 - 1, 2**32 - 1,
                                b"XR24")

    def test_malformed_requests(self):
        balloon = vm_client.REQUEST.pack(4, 0, 0, 1, 0, 0, 0)
        register = vm_client.REQUEST.pack(2, 0, PAGE, 0, 0, 0, 0)
        for client in self.each_type():
            for frame in (b"", b"\1", balloon[:31], balloon + b"\0", bytes(1000)):
                self.assert_refused(errno.EMSGSIZE, client.call_raw, frame)
            for kind in (0, 6, 7, 0xFFFFFFFF):
                unknown = struct.pack("<I", kind) + bytes(28)
                self.assert_refused(errno.EOPNOTSUPP, client.call_raw, unknown)
            fds = [self.memory(PAGE) for _ in range(3)]
            self.assert_refused(errno.EBADF, client.call_raw, register)
            self.assert_refused(errno.E2BIG, client.call_raw, register, fds[:2])
            self.assert_refused(errno.E2BIG, client.call_raw, register, fds)
            # One too many is closed where none is wanted, and the request obeyed.
            self.assert_refused(errno.ENOTCONN, client.call_raw, balloon, fds[:1])
            # Nothing of this was executed.
            pfn, slot = client.register_memory(fds[0], PAGE)
            self.assertEqual(pfn, DEVICE_MEMORY // PAGE)
            client.unregister_memory(slot)

    def test_unused_fields_are_ignored(self):
        for client in self.each_type():
            _, slot = client.register_memory(self.memory(PAGE), PAGE)
            noisy = vm_client.REQUEST.pack(3, slot, 2**64 - 1, -1, 2**32 - 1, 2**32 - 1, 2**32 - 1)
            self.assertEqual(client.call_raw(noisy).type, vm_client.OK)

    def test_pipelined_requests_are_answered_in_order(self):
        for client in self.each_type():
            for slot in (1000, 1001):
                client.send_raw(vm_client.REQUEST.pack(3, slot, 0, 0, 0, 0, 0))
                client.send_raw(vm_client.REQUEST.pack(4, 0, 0, 1, 0, 0, 0))
            codes = [client.receive().errno for _ in range(4)]
            self.assertEqual(codes, 2 * [errno.ENOENT, errno.ENOTCONN])

    def exit_over(self, socket_type):
        self.connect(socket_type).exit()
        self.assertEqual(self.vm.wait(PATIENCE), 0)
        for path in self.paths.values():
            self.assertFalse(os.path.exists(path), path)

    def test_exit_over_seqpacket(self):
        self.exit_over(socket.SOCK_SEQPACKET)

    def test_exit_over_datagrams(self):
        self.exit_over(socket.SOCK_DGRAM)

def main():
    global VMCTL
    VMCTL = os.path.abspath(sys.argv.pop(1))
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        print("skipped: there is no /dev/kvm that this user may open")
        return 77
    result = unittest.main(exit=False, verbosity=2).result
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
