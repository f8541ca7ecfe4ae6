// SPDX-License-Identifier: BSD-3-Clause
// vmctl gpu allocate VM WIDTHxHEIGHT FOURCC
#include <fmt/core.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vm_control/base/page.h"
#include "vm_control/base/try.h"
#include "vm_control/model/fourcc.h"
#include "vmctl/cli/gpu_buffer.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/commands.h"
#include "vmctl/commands/memory.h"

namespace vm_control::vmctl {
namespace {

struct GpuOptions {
  std::string vm;
  std::string size;
  std::string format;
  std::string output;
};

struct Dimensions {
  uint32_t width = 0;
  uint32_t height = 0;
};

Result<Dimensions> parse_dimensions(const std::string& text) {
  Dimensions parsed;
  const char* end = text.data() + text.size();
  auto width = std::from_chars(text.data(), end, parsed.width);
  if (width.ec != std::errc() || width.ptr == end || *width.ptr != 'x') {
    return fail(EINVAL, "read as WIDTHxHEIGHT", "'" + text + "'");
  }
  auto height = std::from_chars(width.ptr + 1, end, parsed.height);
  if (height.ec != std::errc() || height.ptr != end) {
    return fail(EINVAL, "read as WIDTHxHEIGHT", "'" + text + "'");
  }
  return parsed;
}

std::vector<JsonObject> planes_of(const GpuMemoryDesc& desc) {
  std::vector<JsonObject> planes;
  for (const GpuMemoryPlaneDesc& plane : desc.planes) {
    if (plane.stride == 0) break;
    planes.push_back(JsonObject{{"stride", plane.stride}, {"offset", plane.offset}});
  }
  return planes;
}

// A buffer that makes no sense is the VM's fault; a file that can't be written is the user's.
CallError to_call_error(Error error) {
  bool is_of_the_vm = error.code() == EPROTO;
  return {is_of_the_vm ? CallError::Kind::kProtocol : CallError::Kind::kLocal, std::move(error)};
}

// Gives the buffer to the VM, so that it outlives the session of this command. The buffer is
// unregistered first and then mapped again, mostly at the same address.
CallResult<> detach(Client& vm, response::GpuMemory& gpu, uint64_t size) {
  TRY(vm.unregister_memory(gpu.slot));
  auto memory = TRY(vm.map_memory(gpu.fd.get(), size, {.detached = true}));
  gpu.pfn = PageFrameNumber::of(memory.address);
  gpu.slot = memory.slot;
  return {};
}

bool print_buffer(const Context& context, const GpuOptions& options,
                  const response::GpuMemory& gpu) {
  std::vector<JsonObject> planes = planes_of(gpu.desc);
  uint64_t address = gpu.pfn.value() * kPageSize;
  std::string text = fmt::format("pfn {:#x}  guest address {:#x}  slot {}", gpu.pfn.value(),
                                 address, gpu.slot.value());
  for (size_t i = 0; i < planes.size(); ++i) {
    text += fmt::format("\nplane {}  stride {}  offset {}", i, gpu.desc.planes[i].stride,
                        gpu.desc.planes[i].offset);
  }
  return print_result(context, text,
                      {{"vm", options.vm},
                       {"pfn", gpu.pfn.value()},
                       {"guest_address", address},
                       {"slot", gpu.slot.value()},
                       {"planes", planes}});
}

// Writes the buffer to `file`, if there is one. Returns the buffer's size.
CallResult<uint64_t> save(const response::GpuMemory& gpu, uint64_t most,
                          std::optional<BufferFile>& file) {
  auto bytes = buffer_size(gpu.fd.get(), most);
  if (!bytes) return tl::unexpected(to_call_error(bytes.error()));
  auto saved = file ? file->save(gpu.fd.get(), *bytes) : Result<void>();
  if (!saved) return tl::unexpected(to_call_error(saved.error()));
  return *bytes;
}

ExitStatus allocate(const Context& context, const GpuOptions& options) {
  auto size = parse_dimensions(options.size);
  if (!size) return fail_with_usage(size.error());
  if (size->width == 0 || size->height == 0) {
    return fail_with(kUsage, "cannot allocate a buffer with a side of 0: " + options.size);
  }
  auto format = parse_fourcc(options.format);
  if (!format) {
    return fail_with(kUsage, "no pixel format has the name '" + options.format + "': known are " +
                                 std::string(kKnownFourccs));
  }
  std::optional<BufferFile> file;
  if (!options.output.empty()) {
    auto opened = BufferFile::open(options.output);
    if (!opened) return fail_with_usage(opened.error());
    file.emplace(std::move(*opened));
  }
  uint64_t most = max_buffer_size(size->width, size->height);
  auto ask = [&](Client& vm) -> CallResult<> {
    Protocol protocol = TRY(protocol_of(vm, context.hello_timeout()));
    auto gpu = TRY(vm.allocate_gpu_memory(size->width, size->height, *format));
    auto bytes = save(gpu, most, file);
    if (bytes && protocol == Protocol::kExtended) TRY(detach(vm, gpu, *bytes));
    if (bytes && print_buffer(context, options, gpu)) {
      if (file) file->keep();
      return {};
    }
    take_back_memory(context, options.vm, vm, gpu.slot);
    if (!bytes) return tl::unexpected(bytes.error());
    return {};
  };
  static const std::string bad_format =
      "a side is too large, or it can't allocate that format: known are " +
      std::string(kKnownFourccs);
  return with_vm(context, options.vm, ask,
                 {{EINVAL, bad_format.c_str()},
                  {ENODEV, "it has no GPU allocator ('vmctl run --gpu' chooses one)"},
                  {ENOSPC, "no guest addresses, or no slot, are free for it"}});
}

}  // namespace

void add_gpu(Command root, const Context& context) {
  Command gpu = root.add_subcommand("gpu", "Share GPU buffers with a guest");
  gpu.require_subcommand();
  Command command = gpu.add_subcommand("allocate", "Allocate a buffer that the guest can see");
  auto options = std::make_shared<GpuOptions>();
  command.add_argument("VM", options->vm, "Name or socket path");
  command.add_argument("WIDTHxHEIGHT", options->size, "In pixels: 640x480");
  command.add_argument("FOURCC", options->format, "DRM format: XR24, NV12, R8, ...");
  command.add_option("--output FILE", options->output, "Write the buffer's bytes to FILE");
  command.on_run([options, &context] { return allocate(context, *options); });
}

}  // namespace vm_control::vmctl
