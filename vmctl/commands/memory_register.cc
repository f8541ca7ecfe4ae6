// SPDX-License-Identifier: BSD-3-Clause
// vmctl memory register VM FILE|--memfd SIZE, vmctl memory unregister VM SLOT
#include <fmt/core.h>

#include <memory>
#include <string>

#include "vm_control/base/try.h"
#include "vmctl/cli/memory_source.h"
#include "vmctl/cli/quantity.h"
#include "vmctl/cli/region_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/commands/memory.h"

namespace vm_control::vmctl {
namespace {

struct RegisterOptions {
  std::string vm;
  SourceOptions source;
};

// Registers memory that outlives the session of this process. The classic protocol knows no other
// memory, and no handles.
CallResult<response::MappedMemory> register_source(const Context& context, Client& vm,
                                                   const Source& source) {
  if (TRY(protocol_of(vm, context.hello_timeout())) == Protocol::kExtended) {
    return vm.map_memory(source.fd.get(), source.size, {.detached = true});
  }
  response::Memory memory = TRY(vm.register_memory(source.fd.get(), source.size));
  auto address = memory.pfn.checked_address();
  if (!address) {
    return fail_call(CallError::Kind::kProtocol, Error(EPROTO, "receive the address of memory"));
  }
  return response::MappedMemory{*address, Handle(), source.size, memory.slot};
}

bool print_registered(const Context& context, const std::string& vm,
                      const response::MappedMemory& memory) {
  auto pfn = PageFrameNumber::of(memory.address);
  JsonObject json{{"vm", vm},
                  {"pfn", pfn.value()},
                  {"guest_address", memory.address.value()},
                  {"slot", memory.slot.value()},
                  {"size", memory.size}};
  std::string handle;
  if (memory.handle != Handle()) {
    json.add({"handle", format_handle(memory.handle)});
    handle = "  handle " + format_handle(memory.handle);
  }
  return print_result(context,
                      fmt::format("pfn {:#x}  guest address {}  slot {}{}  ({})", pfn.value(),
                                  format_address(memory.address), memory.slot.value(), handle,
                                  format_size(memory.size)),
                      json);
}

ExitStatus register_memory(const Context& context, const RegisterOptions& options) {
  auto source = open_source(options.source);
  if (!source) return fail_with_usage(source.error());
  return with_vm(
      context, options.vm,
      [&](Client& vm) -> CallResult<> {
        auto memory = TRY(register_source(context, vm, *source));
        if (!print_registered(context, options.vm, memory)) {
          take_back_memory(context, options.vm, vm, memory.slot);
        }
        return {};
      },
      mapping_refusals());
}

ExitStatus unregister_memory(const Context& context, const std::string& name, uint32_t slot) {
  return with_vm(
      context, name,
      [&](Client& vm) -> CallResult<> {
        TRY(vm.unregister_memory(Slot(slot)));
        print_done(context, fmt::format("slot {} is free", slot), {{"vm", name}, {"slot", slot}});
        return {};
      },
      {{ENOENT, "nothing of yours is registered as this slot"}});
}

}  // namespace

void add_memory_register(Command memory, const Context& context) {
  Command command = memory.add_subcommand(
      "register", "Map a file, or new memory, into the guest until it is unregistered");
  auto options = std::make_shared<RegisterOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  options->source.add_to(command);
  command.on_run([options, &context] { return register_memory(context, *options); });
}

void add_memory_unregister(Command memory, const Context& context) {
  Command command =
      memory.add_subcommand("unregister", "Take memory out of the guest, by its slot");
  auto name = std::make_shared<std::string>();
  auto slot = std::make_shared<uint32_t>();
  command.add_argument("VM", *name, "Name or socket path");
  command.add_argument("SLOT", *slot, "The slot that 'memory register' printed");
  command.on_run([name, slot, &context] { return unregister_memory(context, *name, *slot); });
}

}  // namespace vm_control::vmctl
