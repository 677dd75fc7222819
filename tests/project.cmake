# SPDX-License-Identifier: Apache-2.0
# Tests of the project as a whole: headers, other people's builds, cost of compiling, documents.

# Every public header alone.
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/*.hpp)
set(rooms)
foreach(header IN LISTS headers)
  tfx_marker(needs ${PROJECT_SOURCE_DIR}/include/${header} needs)
  if(needs)
    message(STATUS "tfx: <${header}> needs ${needs} and is not compiled alone")
    continue()
  endif()
  string(REGEX MATCH "^tfx/([^/]+)/" room ${header})
  set(room ${CMAKE_MATCH_1})
  if(NOT room)
    set(room umbrella)
  endif()
  list(APPEND rooms ${room})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/headers/${header}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n")
  list(APPEND headers_of_${room} ${source})
endforeach()
list(REMOVE_DUPLICATES rooms)
foreach(room IN LISTS rooms)
  tfx_compiles(headers/${room} headers ${headers_of_${room}})
endforeach()

# The core needs no operating system, and its rooms depend on each other in one direction.
tfx_script(project/rooms project check_rooms.py ${PROJECT_SOURCE_DIR})
tfx_script(project/freestanding project freestanding.py ${PROJECT_SOURCE_DIR})

# Other people's builds.
tfx_test(consumers/install consumers ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${tfx_scratch}/installed)
set_tests_properties(consumers/install PROPERTIES FIXTURES_SETUP installed)
foreach(way find_package add_subdirectory fetch_content)
  tfx_test(consumers/${way} consumers
           ${CMAKE_CTEST_COMMAND} --build-and-test ${CMAKE_CURRENT_SOURCE_DIR}/consumers/${way} ${tfx_scratch}/${way}
           --build-generator ${CMAKE_GENERATOR} --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}
           -DCMAKE_PREFIX_PATH=${tfx_scratch}/installed -DTFX_SOURCE=${PROJECT_SOURCE_DIR} --test-command consumer)
endforeach()
set_tests_properties(consumers/find_package PROPERTIES FIXTURES_REQUIRED installed)

# What compiling costs.
file(GLOB programs CONFIGURE_DEPENDS compile_cost/*.cpp)
tfx_script(project/compile_cost project compile_cost.py ${programs} -- ${tfx_compile} -O3)

# What programs weigh.
file(GLOB programs CONFIGURE_DEPENDS size/*.cpp)
tfx_script(project/text_size project text_size.py ${programs} -- ${tfx_compile} -O3 -DNDEBUG)

# What running costs, in instructions. `cmake --build . --target update_instructions` writes the counts down.
set(instructions instructions.py ${CMAKE_CURRENT_SOURCE_DIR}/speed/instructions.program.cpp
                 ${CMAKE_CURRENT_SOURCE_DIR}/speed/instructions.json)
tfx_script(speed/instructions speed ${instructions} -- ${tfx_compile})
add_custom_target(update_instructions COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/tools/${instructions}
                                              --update -- ${tfx_compile} VERBATIM)

# The same bits on every backend, from every compiler, for every processor.
tfx_script(project/same_bits project same_bits.py ${CMAKE_CURRENT_SOURCE_DIR}/train/bits.program.cpp -- ${tfx_compile})

# The documents show code that is compiled, and output that is compared.
tfx_script(project/docs project check_docs.py ${PROJECT_SOURCE_DIR})

# Other frameworks and formats, through Python. ./check makes the environment with the packages.
set(TFX_PYTHON_ENVIRONMENT ${PROJECT_SOURCE_DIR}/build/python CACHE PATH "Python environment for .test.py files")
tfx_find_tests(files .test.py)
foreach(file IN LISTS files)
  string(REGEX REPLACE "/.*" "" room ${file})
  string(REGEX REPLACE "\\.test\\.py$" "" name ${file})
  set(program)
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${name}.program.cpp)
    string(REPLACE "/" "." target tests.${name}.program)
    add_executable(${target} ${name}.program.cpp)
    target_link_libraries(${target} PRIVATE tfx_development)
    set(program $<TARGET_FILE:${target}>)
  endif()
  tfx_script(${name}.python ${room} run_python.py --environment ${TFX_PYTHON_ENVIRONMENT}
             ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${program})
endforeach()
