// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/virtio/queue_runner.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

// A mutex goes to the thread that asks first once it is free. That would be the device thread again
// and again, which is awake, while a vCPU is being woken.
class THREAD_ATTRIBUTE(scoped_lockable) QueueRunner::VcpuLock {
 public:
  explicit VcpuLock(QueueRunner& runner) THREAD_ATTRIBUTE(acquire_capability(runner.mutex_))
      : announced_(runner.waiting_vcpus_), lock_(runner.mutex_) {}
  ~VcpuLock() THREAD_ATTRIBUTE(release_capability()) = default;
  VcpuLock(const VcpuLock&) = delete;
  VcpuLock& operator=(const VcpuLock&) = delete;

 private:
  struct Announced {
    explicit Announced(std::atomic<uint32_t>& count) : waiting(count) { ++waiting; }
    ~Announced() { --waiting; }
    std::atomic<uint32_t>& waiting;
  };

  Announced announced_;
  MutexLock lock_;
};

Result<std::unique_ptr<QueueRunner>> QueueRunner::create(VirtioDevice& device,
                                                         InterruptState& interrupts,
                                                         EventLoop& loop) {
  std::vector<EventFd> notifications;
  for (size_t i = 0; i < device.queue_sizes().size(); ++i) {
    notifications.push_back(TRY(EventFd::create()));
  }
  std::unique_ptr<QueueRunner> runner(
      new QueueRunner(device, interrupts, std::move(notifications)));
  for (size_t i = 0; i < runner->notifications_.size(); ++i) {
    auto take_turn = [self = runner.get(), index = static_cast<uint16_t>(i)](uint32_t) {
      self->take_turn(index);
    };
    Watch watch = TRY(loop.watch(runner->notifications_[i].fd(), EPOLLIN, std::move(take_turn)));
    runner->watches_.push_back(std::move(watch));
  }
  return runner;
}

void QueueRunner::start(uint64_t features, Queues queues) {
  VcpuLock lock(*this);
  is_active_ = true;
  queues_ = std::move(queues);
  // Here and not on the device thread, so that the host finds the driver ready as soon as its guest
  // does.
  device_.activate(features, *this);
  // A driver may have made buffers available, and notified, before it says that it is ready.
  for (EventFd& each : notifications_) each.signal();
}

void QueueRunner::stop() {
  VcpuLock lock(*this);
  end();
}

void QueueRunner::end() {
  is_active_ = false;
  queues_.clear();
  device_.reset();
}

void QueueRunner::stop_queue(uint16_t index) {
  VcpuLock lock(*this);
  if (is_active_) queues_[index].reset();
}

void QueueRunner::take_turn(uint16_t index) {
  // The eventfd stays signalled, so the turn comes when the vCPU has been served.
  if (waiting_vcpus_ > 0) return;
  notifications_[index].take();
  MutexLock lock(mutex_);
  if (is_active_ && queues_[index]) serve_queue(index, *queues_[index]);
}

void QueueRunner::serve_queue(uint16_t index, Virtqueue& queue) {
  queue.disable_notifications();
  Result<bool> has_more = device_.serve(index, queue);
  if (!has_more) {
    end();
    interrupts_.need_reset();
    return;
  }
  if (queue.take_interrupt()) interrupts_.used_buffers();
  if (*has_more || queue.enable_notifications()) notifications_[index].signal();
}

}  // namespace vm_control::vmm
