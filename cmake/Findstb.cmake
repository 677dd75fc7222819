# SPDX-License-Identifier: Apache-2.0
# Finds the stb headers (stb_image.h, stb_image_write.h), which are used header-only.
find_path(stb_INCLUDE_DIR stb_image_write.h PATH_SUFFIXES stb)
mark_as_advanced(stb_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(stb REQUIRED_VARS stb_INCLUDE_DIR)
if(stb_FOUND AND NOT TARGET stb::stb)
  add_library(stb::stb INTERFACE IMPORTED GLOBAL)
  target_include_directories(stb::stb INTERFACE ${stb_INCLUDE_DIR})
endif()
