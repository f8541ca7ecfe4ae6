# SPDX-License-Identifier: BSD-3-Clause
"""The house as its CMakeLists.txt describe it: the folders, and what each of them stands on.

vm_control_layer() makes a folder of vm_control/, vm_control_part() one of vmm/, vmhost/ or vmctl/,
and add_executable() the program in vmctl/ (see cmake/Layer.cmake). The built-in guest is made by
commands of its own and stands on nothing.
"""

import re
from dataclasses import dataclass, field

ROOMS = ("vm_control", "vmm", "vmhost", "vmctl")
KEYWORDS = {"SOURCES", "HEADERS", "DEPENDS", "LINK", "LABEL", "PRIVATE",
            "COMPONENT"}


@dataclass
class Test:
    """A test, benchmark or fuzzer: its sources and the targets that it links."""

    sources: set
    links: list


@dataclass
class Folder:
    """A folder and its target. `depends` names targets, in the order of the CMakeLists.txt."""

    path: str
    target: str
    depends: list = field(default_factory=list)
    headers: set = field(default_factory=set)
    sources: set = field(default_factory=set)
    tests: list = field(default_factory=list)


def calls(text, function):
    """Each call of a CMake function, as a dictionary from keyword to the words behind it."""
    text = re.sub(r"#.*", "", text)
    for body in re.findall(rf"\b{function}\s*\(([^()]*)\)", text):
        arguments = {"": []}
        keyword = ""
        for word in body.split():
            if word in KEYWORDS:
                keyword = word
                arguments.setdefault(keyword, [])
            else:
                arguments[keyword].append(word)
        yield arguments


def read_house(root):
    """The folders of the tree at `root`, by target, in the order in which CMake adds them."""
    folders = []
    for room in ROOMS:
        folders += read_folder(root, room)
    folders.append(Folder("guest", "guest_image"))
    house = {folder.target: folder for folder in folders}
    for folder in folders:  # What comes from outside is no part of the house.
        folder.depends = [name for name in folder.depends if "::" in name or name in house]
    return house


def read_folder(root, path):
    cmake = root / path / "CMakeLists.txt"
    if not cmake.exists():
        return
    text = cmake.read_text()
    for folder in own_folders(path, text):
        folder.tests = [Test(set(call.get("SOURCES", [])), call.get("LINK", []))
                        for call in calls(text, "vm_control_(?:test|bench|fuzz)")]
        yield folder
    for call in calls(text, "add_subdirectory"):
        yield from read_folder(root, f"{path}/{call[''][0]}")


def own_folders(path, text):
    """The targets that the CMakeLists.txt of one folder makes: one, or none."""
    for call in calls(text, "vm_control_layer"):
        depends = [f"vm_control::{name}" for name in call.get("DEPENDS", [])]
        yield Folder(path, f"vm_control::{call[''][0]}", depends,
                     set(call.get("HEADERS", [])), set(call.get("SOURCES", [])))
    for call in calls(text, "vm_control_part"):
        depends = call.get("DEPENDS", []) + [
            name for name in call.get("LINK", []) if "::" not in name]
        yield Folder(path, call[""][0], depends, sources=set(call.get("SOURCES", [])))
    for call in calls(text, "add_executable"):
        target, *sources = call[""]
        links = [link for links in calls(text, "target_link_libraries") if links[""] == [target]
                 for link in links.get("PRIVATE", [])]
        yield Folder(path, target, links, sources=set(sources))


def closure(house, targets):
    """Those of `targets` that are of the house, with everything that they stand on."""
    reached = set()
    waiting = [target for target in targets if target in house]
    while waiting:
        target = waiting.pop()
        if target not in reached:
            reached.add(target)
            waiting += [name for name in house[target].depends if name in house]
    return reached
