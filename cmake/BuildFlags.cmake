# Warnings and sanitizers. They apply to this tree only and reach no consumer of the library.

add_library(vm_control_flags INTERFACE)
target_compile_options(vm_control_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Wold-style-cast -Wimplicit-fallthrough
  -Wno-missing-field-initializers  # designated initializers leave other members at their defaults
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${VM_CONTROL_WARNINGS_AS_ERRORS}>:-Werror>)

if(VM_CONTROL_SANITIZE)
  target_compile_options(vm_control_flags INTERFACE
    -fsanitize=${VM_CONTROL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(vm_control_flags INTERFACE -fsanitize=${VM_CONTROL_SANITIZE})
endif()

if(VM_CONTROL_BUILD_FUZZERS)
  target_compile_options(vm_control_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
