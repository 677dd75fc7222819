# SPDX-License-Identifier: Apache-2.0
# What only this project's own programs (tests, examples, benchmarks) are built with.

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# The library with every component that was found, under the warnings that the code is kept free of.
add_library(tfx_development INTERFACE)
target_link_libraries(tfx_development INTERFACE tfx::tfx ${tfx_found_components})
target_compile_options(tfx_development INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                                 $<$<BOOL:${TFX_WERROR}>:-Werror>)

# The same for this machine's processor; the programs may then not run on another one.
add_library(tfx_native INTERFACE)
target_link_libraries(tfx_native INTERFACE tfx_development)
target_compile_options(tfx_native INTERFACE $<$<BOOL:${TFX_NATIVE}>:-march=native>)

# tfx_marker(RESULT FILE KEY): the words after "// KEY:" in the head of a source file. Run cmake again after changing one.
function(tfx_marker result file key)
  file(STRINGS ${file} line REGEX "^// ${key}:" LIMIT_COUNT 1)
  string(REGEX REPLACE "^// ${key}: *" "" line "${line}")
  separate_arguments(words UNIX_COMMAND "${line}")
  set(${result} ${words} PARENT_SCOPE)
endfunction()
