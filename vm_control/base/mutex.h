// SPDX-License-Identifier: BSD-3-Clause
// A mutex that clang checks: preset clang refuses code that touches guarded state without it.
//
//   Mutex mutex_;
//   int count_ GUARDED_BY(mutex_) = 0;
//   void add_one() REQUIRES(mutex_) { ++count_; }
//
//   MutexLock lock(mutex_);
//   while (count_ == 0) lock.wait(changed_);   a loop, as clang can't see into a predicate
//
// For sources, and for headers that are not installed: no public header brings these macros along.
// Source: https://clang.llvm.org/docs/ThreadSafetyAnalysis.html
#pragma once

#include <condition_variable>
#include <mutex>

#ifdef __clang__
#define THREAD_ATTRIBUTE(attribute) __attribute__((attribute))
#else
#define THREAD_ATTRIBUTE(attribute)
#endif
#define GUARDED_BY(mutex) THREAD_ATTRIBUTE(guarded_by(mutex))
#define REQUIRES(mutex) THREAD_ATTRIBUTE(requires_capability(mutex))

namespace vm_control {

class THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Holds a mutex for as long as it lives, but for the time between unlock() and lock().
class THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) THREAD_ATTRIBUTE(acquire_capability(mutex))
      : lock_(mutex.mutex_) {}
  ~MutexLock() THREAD_ATTRIBUTE(release_capability()) = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void lock() THREAD_ATTRIBUTE(acquire_capability()) { lock_.lock(); }
  void unlock() THREAD_ATTRIBUTE(release_capability()) { lock_.unlock(); }

  // Releases the mutex until `changed` is notified, or for no reason.
  void wait(std::condition_variable& changed) { changed.wait(lock_); }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace vm_control
