# Installs the build in BUILD/consumer/, then builds the consumer against it and runs its programs:
# without the component gpu on a host where pkg-config finds nothing, and with it.
set(prefix ${BUILD}/consumer/prefix)
file(REMOVE_RECURSE ${BUILD}/consumer)

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")  # or a sanitized library does not link
endif()

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# configure(<directory> <components> [<variable>=<value> ...]) configures a consumer in an
# environment with these variables, and sets `status` and `output`.
function(configure directory components)
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env ${ARGN}
            ${CMAKE_COMMAND} -S ${CONSUMER} -B ${BUILD}/consumer/${directory} -G ${GENERATOR}
            -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${flags}
            -D CMAKE_PREFIX_PATH=${prefix} -D COMPONENTS=${components}
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output
    COMMAND_ECHO STDOUT ECHO_OUTPUT_VARIABLE ECHO_ERROR_VARIABLE)
  set(status ${status} PARENT_SCOPE)
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(build directory)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "the consumer in ${directory} can't be configured")
  endif()
  run(${CMAKE_COMMAND} --build ${BUILD}/consumer/${directory})
endfunction()

# The package is not found, for a reason that matches `pattern`.
function(expect_not_found pattern)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  if(status EQUAL 0 OR NOT output MATCHES "${pattern}")
    message(FATAL_ERROR "the consumer should have been refused, since '${pattern}'")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})

# What is installed may refer to nothing of the tree it was built in.
cmake_path(GET CONSUMER PARENT_PATH tree)
cmake_path(GET tree PARENT_PATH tree)
file(GLOB_RECURSE scripts ${prefix}/*.cmake)
foreach(script IN LISTS scripts)
  file(READ ${script} text)
  string(FIND "${text}" ${tree} at)
  if(NOT at EQUAL -1)
    message(FATAL_ERROR "${script} refers to ${tree}")
  endif()
endforeach()

set(no_modules PKG_CONFIG_LIBDIR=${BUILD}/consumer PKG_CONFIG_PATH=)
configure(without "" ${no_modules})
build(without)
set(expected 02000000000000000010000000000000)
foreach(program whole part)
  execute_process(COMMAND ${BUILD}/consumer/without/${program}
                  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  if(NOT output MATCHES "^${expected}")
    message(FATAL_ERROR "${program} said ${output}")
  endif()
endforeach()

configure(with gpu)
build(with)
run(${BUILD}/consumer/with/gpu)

configure(missing gpu ${no_modules})
expect_not_found("its component gpu needs these modules of pkg-config: gbm libdrm")
configure(unknown sound)
expect_not_found("it was installed without a component sound")
