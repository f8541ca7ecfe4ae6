# What `cmake --install` gives a consumer: find_package(vm_control) with vm_control::<layer> for
# each layer, and vm_control::vm_control for all but the components, which are asked for by name.
include(CMakePackageConfigHelpers)

get_property(layers GLOBAL PROPERTY VM_CONTROL_LAYERS)
add_library(vm_control INTERFACE)
add_library(vm_control::vm_control ALIAS vm_control)
target_link_libraries(vm_control INTERFACE ${layers})
install(TARGETS vm_control EXPORT vm_control)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/vm_control)
install(EXPORT vm_control NAMESPACE vm_control:: FILE vm_controlTargets.cmake
        DESTINATION ${package_directory})
get_property(components GLOBAL PROPERTY VM_CONTROL_COMPONENTS)
set(component_modules "")
foreach(component IN LISTS components)
  install(EXPORT vm_control_${component} NAMESPACE vm_control::
          FILE vm_control_${component}Targets.cmake DESTINATION ${package_directory})
  get_property(modules GLOBAL PROPERTY VM_CONTROL_MODULES_OF_${component})
  string(APPEND component_modules "set(vm_control_${component}_modules ${modules})\n")
endforeach()

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/vm_controlConfig.cmake.in ${PROJECT_BINARY_DIR}/vm_controlConfig.cmake
  INSTALL_DESTINATION ${package_directory})
# Before 1.0 each minor version may break its users.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/vm_controlConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/vm_controlConfig.cmake
              ${PROJECT_BINARY_DIR}/vm_controlConfigVersion.cmake
        DESTINATION ${package_directory})

# tests/consumer/ is a project of its own, which uses the library as it is installed.
if(VM_CONTROL_BUILD_TESTS)
  add_test(NAME install.consumer
           COMMAND ${CMAKE_COMMAND}
             -D BUILD=${PROJECT_BINARY_DIR}
             -D CONSUMER=${PROJECT_SOURCE_DIR}/tests/consumer
             -D GENERATOR=${CMAKE_GENERATOR}
             -D COMPILER=${CMAKE_CXX_COMPILER}
             -D SANITIZE=${VM_CONTROL_SANITIZE}
             -P ${PROJECT_SOURCE_DIR}/tests/consumer/run.cmake)
  set_tests_properties(install.consumer PROPERTIES LABELS unit TIMEOUT 300)
endif()
