// SPDX-License-Identifier: BSD-3-Clause
// A function that is owned: std::function for what can be moved but not copied, such as a lambda
// that owns a descriptor. (C++23 has it as std::move_only_function.)
//
// A callable of up to a dozen pointers is kept inside; a larger one is kept on the heap.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace vm_control {

template <class Signature>
class Function;

template <class R, class... Args>
class Function<R(Args...)> {
 public:
  // Holds nothing; a call is undefined.
  Function() = default;

  // Implicit, so that a lambda can be passed wherever a function is asked for.
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Function> &&
           std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      Function(F&& function) {  // NOLINT(bugprone-forwarding-reference-overload): see `requires`
    using Held = std::decay_t<F>;
    if constexpr (fits<Held>()) {
      new (static_cast<void*>(storage_)) Held(std::forward<F>(function));
      operations_ = &kInside<Held>;
    } else {
      new (static_cast<void*>(storage_)) Held*(new Held(std::forward<F>(function)));
      operations_ = &kOnHeap<Held>;
    }
  }

  Function(Function&& other) noexcept { take(other); }
  Function& operator=(Function&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  ~Function() { reset(); }

  explicit operator bool() const { return operations_ != nullptr; }

  R operator()(Args... args) { return operations_->call(storage_, std::forward<Args>(args)...); }

 private:
  // As much as the largest call that a request posts: a GPU buffer on its way to a session.
  static constexpr size_t kRoom = 12 * sizeof(void*);

  template <class Held>
  static constexpr bool fits() {
    constexpr bool kIsAligned = alignof(Held) <= alignof(std::max_align_t);
    return sizeof(Held) <= kRoom && kIsAligned && std::is_nothrow_move_constructible_v<Held>;
  }

  struct Operations {
    R (*call)(std::byte* storage, Args&&... args);
    void (*move)(std::byte* from, std::byte* to);  // and destroys what is left
    void (*destroy)(std::byte* storage);
  };

  template <class Held>
  static Held& held(std::byte* storage) {
    return *std::launder(reinterpret_cast<Held*>(storage));
  }

  template <class Held>
  static constexpr Operations kInside = {
      [](std::byte* storage, Args&&... args) -> R {
        return static_cast<R>(held<Held>(storage)(std::forward<Args>(args)...));
      },
      [](std::byte* from, std::byte* to) {
        new (static_cast<void*>(to)) Held(std::move(held<Held>(from)));
        held<Held>(from).~Held();
      },
      [](std::byte* storage) { held<Held>(storage).~Held(); }};

  template <class Held>
  static constexpr Operations kOnHeap = {
      [](std::byte* storage, Args&&... args) -> R {
        return static_cast<R>((*held<Held*>(storage))(std::forward<Args>(args)...));
      },
      [](std::byte* from, std::byte* to) { new (static_cast<void*>(to)) Held*(held<Held*>(from)); },
      [](std::byte* storage) { delete held<Held*>(storage); }};

  void take(Function& other) {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_) operations_->move(other.storage_, storage_);
  }
  void reset() {
    if (const Operations* held = std::exchange(operations_, nullptr)) held->destroy(storage_);
  }

  alignas(std::max_align_t) std::byte storage_[kRoom];
  const Operations* operations_ = nullptr;
};

}  // namespace vm_control
