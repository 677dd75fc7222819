# SPDX-License-Identifier: Apache-2.0
# AArch64 Linux with Debian's cross compiler (g++-aarch64-linux-gnu); tests run under qemu-aarch64 (qemu-user).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

# Libraries of headers alone are this machine's. /usr/include itself is not for this compiler, so they get a folder.
set(header_only ${CMAKE_BINARY_DIR}/header_only/include)
file(MAKE_DIRECTORY ${header_only})
foreach(library xsimd doctest)
  if(EXISTS /usr/include/${library})
    file(CREATE_LINK /usr/include/${library} ${header_only}/${library} SYMBOLIC)
  endif()
endforeach()
set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu ${CMAKE_BINARY_DIR}/header_only)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# g++ notes where it once passed a class in another register.
set(CMAKE_CXX_FLAGS_INIT -Wno-psabi)
