# Installs the build, then builds the consumer against it and runs it, in BUILD/consumer/.
set(prefix ${BUILD}/consumer/prefix)
set(build ${BUILD}/consumer/build)
file(REMOVE_RECURSE ${BUILD}/consumer)

set(flags "")
if(SANITIZE)
  set(flags "-fsanitize=${SANITIZE}")  # or a sanitized library does not link
endif()

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
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
run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${build} -G ${GENERATOR}
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${flags} -D CMAKE_PREFIX_PATH=${prefix})
run(${CMAKE_COMMAND} --build ${build})

set(expected 02000000000000000010000000000000)
foreach(program whole part)
  execute_process(COMMAND ${build}/${program} OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  if(NOT output MATCHES "^${expected}")
    message(FATAL_ERROR "${program} said ${output}")
  endif()
endforeach()
