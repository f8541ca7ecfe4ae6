// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/device_thread.h"

#include <utility>

#include "vm_control/base/start_thread.h"
#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<std::unique_ptr<DeviceThread>> DeviceThread::start(EventLoop& loop,
                                                          std::function<void()> on_start) {
  auto run = [&loop, on_start = std::move(on_start)] {
    on_start();
    loop.run();
  };
  std::thread thread = TRY(start_thread("virtio", std::move(run)));
  return std::unique_ptr<DeviceThread>(new DeviceThread(loop, std::move(thread)));
}

DeviceThread::~DeviceThread() {
  loop_.stop();
  thread_.join();
}

}  // namespace vm_control::vmm
