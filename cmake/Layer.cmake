# Each folder is one target, and the link edges are the architecture.
#
#   vm_control_layer(<name> [COMPONENT] [SOURCES ...] [HEADERS ...] [DEPENDS <layer> ...]
#                    [LINK <library> ...])
#
# makes vm_control::<name> out of the calling folder. DEPENDS names the layers that it stands on,
# and LINK what comes from outside. HEADERS are public: they are installed, and each must compile by
# itself.
#
# A COMPONENT is not part of vm_control::vm_control. A consumer of the installed library gets it by
# find_package(vm_control COMPONENTS <name>), which also finds each PkgConfig::<module> of its LINK.
function(vm_control_layer name)
  cmake_parse_arguments(arg "COMPONENT" "" "SOURCES;HEADERS;DEPENDS;LINK" ${ARGN})
  set(target vm_control_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(vm_control::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON LINKER_LANGUAGE CXX)
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${arg_HEADERS})
  target_compile_features(${target} PUBLIC cxx_std_20)
  list(TRANSFORM arg_DEPENDS PREPEND vm_control::)
  target_link_libraries(${target}
    PUBLIC ${arg_DEPENDS} tl::expected Threads::Threads PRIVATE ${arg_LINK})
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:vm_control_flags>)
  if(arg_COMPONENT)
    set(export ${target})
    set_property(GLOBAL APPEND PROPERTY VM_CONTROL_COMPONENTS ${name})
    list(FILTER arg_LINK INCLUDE REGEX "^PkgConfig::")
    list(TRANSFORM arg_LINK REPLACE "^PkgConfig::" "")
    set_property(GLOBAL PROPERTY VM_CONTROL_MODULES_OF_${name} ${arg_LINK})
  else()
    set(export vm_control)
    set_property(GLOBAL APPEND PROPERTY VM_CONTROL_LAYERS ${target})
  endif()
  install(TARGETS ${target} EXPORT ${export}
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

# vm_control_part(<path> [SOURCES ...] [DEPENDS <target> ...] [LINK <library> ...])
#
# makes the target <path>, such as vmm::bus, out of the calling folder, vmm/bus: a part of a
# program, which is not installed. DEPENDS names the targets that it stands on, and LINK what comes
# from outside.
function(vm_control_part path)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  string(REPLACE "::" "_" target ${path})
  add_library(${target} STATIC ${arg_SOURCES})
  if(NOT target STREQUAL path)
    add_library(${path} ALIAS ${target})
  endif()
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_LINK})
  target_link_libraries(${target} PRIVATE vm_control_flags)
endfunction()

# What the tests' own sources are compiled with. Preset dev leaves out of UBSan what looks at every
# pointer: that takes a third of the time, and a null pointer shows without it. The headers that most
# tests include are compiled once, since parsing them takes a second for each source. ccache asks
# for -fpch-preprocess.
if(VM_CONTROL_BUILD_TESTS)
  find_package(GTest REQUIRED)
  add_library(vm_control_test_flags INTERFACE)
  target_compile_options(vm_control_test_flags INTERFACE
    ${VM_CONTROL_TEST_OPTIONS} $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  target_link_libraries(vm_control_test_flags INTERFACE vm_control_flags GTest::gmock)

  file(TOUCH ${PROJECT_BINARY_DIR}/test_headers.cc)
  add_library(test_headers OBJECT ${PROJECT_BINARY_DIR}/test_headers.cc)
  target_link_libraries(test_headers PRIVATE vm_control_test_flags)
  target_precompile_headers(test_headers PRIVATE
    <gtest/gtest.h> <algorithm> <chrono> <optional> <thread> <variant> <vector>)
endif()

# vm_control_test(<name> SOURCES <file> ... LINK <target> ... [LABEL <label>])
#
# makes a GoogleTest program, which is one test of ctest, with the label `unit` or LABEL. A process
# for each single test would take most of the time to start with a sanitizer.
function(vm_control_test name)
  if(NOT VM_CONTROL_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LINK" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} vm_control_test_flags GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM test_headers)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 600)
endfunction()

# vm_control_bench(<name> SOURCES <file> ... LINK <target> ...)
#
# makes a Google Benchmark program. Only its name builds it, as in `./dev bench`.
function(vm_control_bench name)
  if(NOT VM_CONTROL_BUILD_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  find_package(benchmark REQUIRED)
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} vm_control_flags benchmark::benchmark)
endfunction()

# vm_control_fuzz(<name>_fuzz SOURCES <file> ... LINK <target> ...)
#
# makes a libFuzzer program of preset clang. A test of ctest, fuzz.<name>, runs it once on each
# input of tests/fuzz/corpus/<name>; `./dev fuzz` searches for more inputs.
function(vm_control_fuzz name)
  if(NOT VM_CONTROL_BUILD_FUZZERS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} vm_control_flags)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
  string(REGEX REPLACE "_fuzz$" "" input ${name})
  file(GLOB corpus CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${input}/*)
  if(VM_CONTROL_BUILD_TESTS AND corpus)
    add_test(NAME fuzz.${input}
             COMMAND ${name} -runs=0 ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${input})
    set_tests_properties(fuzz.${input} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()

if(VM_CONTROL_BUILD_FUZZERS)
  add_custom_target(fuzzers)  # builds all fuzzers
endif()
