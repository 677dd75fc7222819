# SPDX-License-Identifier: Apache-2.0
# cmake --install: the headers and a package for find_package(tfx).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/tfx)
install(DIRECTORY include/tfx DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "*.inl")
install(TARGETS tfx EXPORT tfxTargets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT tfxTargets NAMESPACE tfx:: DESTINATION ${package_dir})
configure_package_config_file(cmake/tfxConfig.cmake.in ${PROJECT_BINARY_DIR}/tfxConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tfxConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/tfxConfig.cmake ${PROJECT_BINARY_DIR}/tfxConfigVersion.cmake
              cmake/tfx_components.cmake cmake/Findxsimd.cmake cmake/Findstb.cmake
        DESTINATION ${package_dir})
