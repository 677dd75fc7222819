# SPDX-License-Identifier: Apache-2.0
# What tests/ and examples/ need to declare tests.

enable_testing()
set(TFX_TEST_SUITE all CACHE STRING "all, compiler (what depends on the compiler), values or threads")
set_property(CACHE TFX_TEST_SUITE PROPERTY STRINGS all compiler values threads)
set(TFX_TEST_ROOMS "" CACHE STRING "Only the tests of values in these rooms; empty: in all")

find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_path(DOCTEST_INCLUDE_DIR doctest/doctest.h REQUIRED)

set(tfx_scratch ${PROJECT_BINARY_DIR}/scratch)
file(MAKE_DIRECTORY ${tfx_scratch})

# A compiler command for tests that compile by themselves, with the options that the target tfx::tfx asks for.
set(tfx_compile ${CMAKE_CXX_COMPILER} -std=c++20 -I${PROJECT_SOURCE_DIR}/include)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND tfx_compile ${tfx_options_gnu})
else()
  list(APPEND tfx_compile ${tfx_options_clang})
endif()

# tfx_test(NAME LABEL COMMAND...): a test that runs in a scratch folder and may exit with 77, which means skipped.
function(tfx_test name label)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${tfx_scratch} COMMAND_EXPAND_LISTS)
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600 LABELS ${label}
                       ENVIRONMENT "TFX_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()

# tfx_script(NAME LABEL SCRIPT ARGUMENTS...): the same for one of the scripts in tests/tools/.
function(tfx_script name label script)
  tfx_test(${name} ${label} ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tests/tools/${script} ${ARGN})
endfunction()
option(TFX_TEST_HEAVY "Also what is long to compile, where the suite is not all" OFF)
