#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
# A client that needs nothing of this project: docs/protocol.md shows it. usage: client.py SOCKET_PATH
# [README
import os, socket, struct, sys

vm = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
vm.settimeout(5)
vm.connect(sys.argv[1])

def ask(type, slot=0, size=0, num_pages=0, width=0, height=0, format=0, fds=()):
    frame = struct.pack("<IIQiIII", type, slot, size, num_pages, width, height, format)
    socket.send_fds(vm, [frame], fds)
    reply, fds, _, _ = socket.recv_fds(vm, 49, 1)
    type, errno, pfn, slot, *planes = struct.unpack("<IIQI3I3I4x", reply)
    if type == 2:
        raise OSError(errno, os.strerror(errno))
    return pfn, slot, planes, fds

memory = os.memfd_create("page")
os.ftruncate(memory, 4096)
pfn, slot, _, _ = ask(2, size=4096, fds=[memory])
print(f"guest address {pfn * 4096:#x}, slot {slot}")
ask(3, slot=slot)
try:
    ask(3, slot=slot)
except OSError as error:
    print(error)
# README]
