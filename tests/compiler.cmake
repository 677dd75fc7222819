# SPDX-License-Identifier: Apache-2.0
# What must compile, and what must not.

# tfx_compiles(NAME LABEL FILES...): the test is that every file compiled.
function(tfx_compiles name label)
  string(REPLACE "/" "." target ${name})
  add_library(${target} OBJECT ${ARGN})
  target_link_libraries(${target} PRIVATE tfx_development)
  target_compile_options(${target} PRIVATE -O0)
  tfx_test(${name} ${label} ls $<TARGET_OBJECTS:${target}>)
endfunction()

tfx_find_tests(files .static.cpp)
foreach(file IN LISTS files)
  string(REGEX REPLACE "/.*" "" room ${file})
  string(REGEX REPLACE "\\.cpp$" "" name ${file})
  tfx_compiles(${name} ${room} ${file})
endforeach()

tfx_find_tests(files .fail.cpp)
foreach(file IN LISTS files)
  string(REGEX REPLACE "/.*" "" room ${file})
  string(REGEX REPLACE "\\.cpp$" "" name ${file})
  tfx_script(${name} ${room} must_fail.py ${CMAKE_CURRENT_SOURCE_DIR}/${file} -- ${tfx_compile})
endforeach()

# Two translation units compiled for different processors link into one program, and both are right.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_executable(two_processors consumers/two_processors/main.cpp consumers/two_processors/baseline.cpp
                                consumers/two_processors/avx2.cpp)
  target_link_libraries(two_processors PRIVATE tfx_development)
  set_source_files_properties(consumers/two_processors/avx2.cpp PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  tfx_test(consumers/two_processors consumers two_processors)
endif()
