# SPDX-License-Identifier: Apache-2.0
# The target tfx::tfx, and the optional components around it.

# What is found here must be visible to a project that includes this one with add_subdirectory.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL TRUE)

add_library(tfx INTERFACE)
add_library(tfx::tfx ALIAS tfx)
target_compile_features(tfx INTERFACE cxx_std_20)
target_include_directories(
  tfx INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)

# Two things the library asks of the compiler: the same bits everywhere (no contraction of a * b + c behind its back), and
# room to run big networks in constant evaluation.
set(tfx_options_gnu -ffp-contract=off -fconstexpr-ops-limit=4000000000 -fconstexpr-loop-limit=100000000)
set(tfx_options_clang -ffp-contract=off -fconstexpr-steps=2000000000 -fbracket-depth=4096)
target_compile_options(tfx INTERFACE "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:${tfx_options_gnu}>"
                                     "$<$<COMPILE_LANG_AND_ID:CXX,Clang,AppleClang>:${tfx_options_clang}>")

# A bare-metal target has no threads.
find_package(Threads QUIET)
if(Threads_FOUND)
  target_link_libraries(tfx INTERFACE Threads::Threads)
endif()

# xsimd: the system's; else the parent project's; else, with a network, its sources.
if(TFX_SIMD)
  find_package(xsimd QUIET)
  if(xsimd_FOUND)
    target_link_libraries(tfx INTERFACE xsimd::xsimd)
  else()
    if(NOT TARGET xsimd)
      message(STATUS "tfx: xsimd is not installed (Debian, Ubuntu: libxsimd-dev), downloading it")
      include(FetchContent)
      FetchContent_Declare(xsimd GIT_REPOSITORY https://github.com/xtensor-stack/xsimd
                           GIT_TAG 1577b02d549cca52aa5e943c16f2600950480289) # 8.1.0
      FetchContent_MakeAvailable(xsimd)
    endif()
    target_link_libraries(tfx INTERFACE $<BUILD_INTERFACE:xsimd>)
  endif()
endif()

include(${CMAKE_CURRENT_LIST_DIR}/tfx_components.cmake)
