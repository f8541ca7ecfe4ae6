// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory
#include "vmctl/commands/memory.h"

#include "vmctl/cli/report.h"
#include "vmctl/commands/commands.h"

namespace vm_control::vmctl {

const Refusals& mapping_refusals() {
  static const Refusals all{
      {EPERM,
       "it takes no memory that is sealed against writing, or can shrink; read-only memory "
       "and a dirty log need the right memslots"},
      {EINVAL, "that is past the end of the file, or of the guest's addresses"},
      {EACCES, "the file is not open for what the guest is to do with it"},
      {ENODEV, "it takes shared memory, and files of local file systems"},
      {ENOSPC, "no guest addresses, or no slot, are free for it"},
      {ERANGE, "that is outside of the window for device memory ('vmctl memory list --map')"},
      {EEXIST, "something is there already ('vmctl memory list --map' shows what)"}};
  return all;
}

void take_back_memory(const Context& context, const std::string& name, Client& vm, Slot slot) {
  auto taken = vm.unregister_memory(slot);
  std::string memory = "slot " + std::to_string(slot.value());
  if (taken) return context.output.note(memory + " is free again");
  print_error(name + ": " + memory + " stays in use: " + taken.error().message());
}

void add_memory(Command root, const Context& context) {
  Command command = root.add_subcommand("memory", "Share memory with a guest");
  command.require_subcommand();
  add_memory_list(command, context);
  add_memory_map(command, context);
  add_memory_unmap(command, context);
  add_memory_dirty(command, context);
  add_memory_register(command, context);
  add_memory_unregister(command, context);
}

}  // namespace vm_control::vmctl
