# SPDX-License-Identifier: Apache-2.0
# Optional components: tfx::<name> exists where everything it needs was found. This file serves the build and, installed
# beside tfxConfig.cmake, find_package(tfx COMPONENTS ...). It sets tfx_found_components and, where something is missing,
# tfx_<name>_NOT_FOUND_MESSAGE.

set(tfx_found_components)

macro(tfx_component name)
  set(tfx_${name}_FOUND TRUE)
  foreach(needed ${ARGN})
    if(NOT TARGET ${needed})
      set(tfx_${name}_FOUND FALSE)
      set(tfx_${name}_NOT_FOUND_MESSAGE "tfx::${name} needs ${needed}, which was not found")
    endif()
  endforeach()
  if(tfx_${name}_FOUND)
    list(APPEND tfx_found_components tfx::${name})
    if(NOT TARGET tfx::${name})
      add_library(tfx::${name} INTERFACE IMPORTED GLOBAL)
      target_link_libraries(tfx::${name} INTERFACE tfx::tfx ${ARGN})
    endif()
  endif()
endmacro()

# io: weights and data sets in files
find_package(ZLIB QUIET)
find_package(nlohmann_json QUIET)
tfx_component(io ZLIB::ZLIB nlohmann_json::nlohmann_json)

# picture: reading and writing PNG and JPEG
find_package(stb QUIET)
tfx_component(picture stb::stb)

# http: MLflow's server. Debian's cpp-httplib is a library whose classes depend on what it was built with, which pkg-config tells; the
# original is headers alone.
find_package(httplib QUIET)
if(NOT TARGET httplib::httplib)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(tfx_httplib QUIET IMPORTED_TARGET GLOBAL cpp-httplib)
  endif()
  find_path(tfx_httplib_folder httplib.h)
  find_library(tfx_httplib_library cpp-httplib)
  mark_as_advanced(tfx_httplib_folder tfx_httplib_library)
  if(TARGET PkgConfig::tfx_httplib)
    add_library(httplib::httplib ALIAS PkgConfig::tfx_httplib)
  elseif(tfx_httplib_folder AND NOT tfx_httplib_library)
    add_library(httplib::httplib INTERFACE IMPORTED GLOBAL)
    target_include_directories(httplib::httplib INTERFACE ${tfx_httplib_folder})
  endif()
endif()
tfx_component(http httplib::httplib)

# tfx_record_build(TARGET): the target's manifests say the version of its source, as git describes it, and the compiler's flags.
function(tfx_record_build target)
  execute_process(COMMAND git -C ${CMAKE_CURRENT_SOURCE_DIR} describe --always --dirty --abbrev=40
                  OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT version)
    set(version unknown)
  endif()
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  set(options "$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>")
  target_compile_definitions(${target} PRIVATE "TFX_SOURCE_VERSION=\"${version}\""
    "TFX_BUILD_FLAGS=\"${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} $<JOIN:${options}, >\"")
endfunction()
