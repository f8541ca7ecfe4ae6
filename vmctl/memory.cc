// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory register VM FILE|--memfd SIZE, vmctl memory unregister VM SLOT
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/try.h"
#include "vmctl/quantity.h"
#include "vmctl/report.h"
#include "vmctl/vm.h"

namespace vm_control::vmctl {
namespace {

struct RegisterOptions {
  std::string vm;
  std::string file;
  std::string memfd_size;
};

struct Source {
  UniqueFd fd;
  uint64_t size;
};

Result<Source> open_file(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) < 0) return fail_errno("open for reading and writing", path);
  auto size = static_cast<uint64_t>(status.st_size);
  if (size == 0 || size % kPageSize) {
    return fail(EINVAL, "register a file whose size is no multiple of 4096:",
                fmt::format("{} ({} bytes)", path, size));
  }
  return Source{std::move(fd), size};
}

Result<Source> create_memfd(const std::string& text) {
  uint64_t size = TRY(parse_size(text));
  if (size == 0 || size % kPageSize) {
    return fail(EINVAL, "create a memfd whose size is no multiple of 4096:", text);
  }
  SharedMemory memory = TRY(SharedMemory::create("vmctl", size));
  return Source{std::move(memory).take_fd(), size};
}

ExitStatus register_memory(const Context& context, const RegisterOptions& options) {
  if (options.file.empty() == options.memfd_size.empty()) {
    return fail_with(kUsage, "memory register: give either a FILE or --memfd SIZE");
  }
  auto source = options.file.empty() ? create_memfd(options.memfd_size) : open_file(options.file);
  if (!source) return fail_with_usage(source.error());
  return with_vm(context, options.vm, [&](Client& vm) -> CallResult<> {
    response::Memory memory = TRY(vm.register_memory(source->fd.get(), source->size));
    uint64_t address = memory.pfn.value() * kPageSize;
    print_result(context,
                 fmt::format("pfn {:#x}  guest address {:#x}  slot {}  ({})", memory.pfn.value(),
                             address, memory.slot.value(), format_size(source->size)),
                 {{"vm", options.vm},
                  {"pfn", memory.pfn.value()},
                  {"guest_address", address},
                  {"slot", memory.slot.value()},
                  {"size", source->size}});
    return {};
  });
}

ExitStatus unregister_memory(const Context& context, const std::string& name, uint32_t slot) {
  return with_vm(context, name, [&](Client& vm) -> CallResult<> {
    TRY(vm.unregister_memory(Slot(slot)));
    print_result(context, fmt::format("slot {} is free", slot), {{"vm", name}, {"slot", slot}});
    return {};
  });
}

void add_register(CLI::App& memory, Context& context) {
  auto* command = memory.add_subcommand("register", "Show a file, or new memory, to the guest");
  auto options = std::make_shared<RegisterOptions>();
  command->add_option("VM", options->vm, "Name or socket path")->required();
  command->add_option("FILE", options->file, "A file whose size is a multiple of 4096");
  command->add_option("--memfd", options->memfd_size, "New anonymous memory instead: 4K, 1M")
      ->type_name("SIZE");
  command->callback([options, &context] {
    context.run = [options, &context] { return register_memory(context, *options); };
  });
}

void add_unregister(CLI::App& memory, Context& context) {
  auto* command = memory.add_subcommand("unregister", "Take memory out of the guest again");
  auto name = std::make_shared<std::string>();
  auto slot = std::make_shared<uint32_t>();
  command->add_option("VM", *name, "Name or socket path")->required();
  command->add_option("SLOT", *slot, "The slot that 'memory register' printed")
      ->required()
      ->type_name("");
  command->callback([name, slot, &context] {
    context.run = [name, slot, &context] { return unregister_memory(context, *name, *slot); };
  });
}

}  // namespace

void add_memory(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("memory", "Share memory with a guest");
  command->require_subcommand(1);
  add_register(*command, context);
  add_unregister(*command, context);
}

}  // namespace vm_control::vmctl
