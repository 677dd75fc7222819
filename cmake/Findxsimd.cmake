# SPDX-License-Identifier: Apache-2.0
# Finds the xsimd headers. Packaged xsimd configurations link libraries that headers do not need (xtl), so only the
# include directory is taken.
find_path(xsimd_INCLUDE_DIR xsimd/xsimd.hpp)
mark_as_advanced(xsimd_INCLUDE_DIR)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(xsimd REQUIRED_VARS xsimd_INCLUDE_DIR)
if(xsimd_FOUND AND NOT TARGET xsimd::xsimd)
  add_library(xsimd::xsimd INTERFACE IMPORTED GLOBAL)
  target_include_directories(xsimd::xsimd INTERFACE ${xsimd_INCLUDE_DIR})
endif()
