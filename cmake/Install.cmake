# cmake --install: the program, the library, its header, a CMake package, a pkg-config file, and
# DuckDB's and LightGBM's libraries where they are the fetched ones.
include(CMakePackageConfigHelpers)
set(SKUA_LIBRARY_FOLDER ${CMAKE_INSTALL_LIBDIR}/skua)
set_target_properties(skua_program PROPERTIES
    INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}:$ORIGIN/../${SKUA_LIBRARY_FOLDER}")
set_target_properties(skua PROPERTIES INSTALL_RPATH "$ORIGIN:$ORIGIN/skua")
install(TARGETS skua_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS skua EXPORT skua-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/skua.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# The pre-trained base model, found beside the program in a build tree and in share/skua otherwise
# (src/shop/base_model.h).
set(SKUA_BASE_MODEL ${CMAKE_SOURCE_DIR}/data/models/base.safetensors)
if(EXISTS ${SKUA_BASE_MODEL})
    configure_file(${SKUA_BASE_MODEL} ${CMAKE_BINARY_DIR}/models/base.safetensors COPYONLY)
    install(FILES ${SKUA_BASE_MODEL} DESTINATION ${CMAKE_INSTALL_DATADIR}/skua/models)
endif()
install(FILES data/recipes/pretrain.yaml DESTINATION ${CMAKE_INSTALL_DATADIR}/skua/recipes)
install(FILES docs/skua.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES docs/skua.3 DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
install(FILES LICENSE README.md README.zh.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET skua_mpi)
    install(TARGETS skua_mpi LIBRARY DESTINATION ${SKUA_LIBRARY_FOLDER})
endif()
if(DUCKDB_LIBRARY MATCHES "^${SKUA_PREFIX}")
    install(FILES ${DUCKDB_LIBRARY} DESTINATION ${SKUA_LIBRARY_FOLDER})
endif()
if(EXISTS ${SKUA_PREFIX}/lib/lib_lightgbm.so)
    install(FILES ${SKUA_PREFIX}/lib/lib_lightgbm.so DESTINATION ${SKUA_LIBRARY_FOLDER})
endif()
install(EXPORT skua-targets NAMESPACE skua:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/skua)
configure_package_config_file(cmake/skua-config.cmake.in ${CMAKE_BINARY_DIR}/skua-config.cmake
    INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/skua)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/skua-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/skua-config.cmake ${CMAKE_BINARY_DIR}/skua-config-version.cmake
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/skua)
# from where the file lies, so that any --prefix is right
file(RELATIVE_PATH SKUA_PC_UP "/p/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/p")
configure_file(cmake/skua.pc.in ${CMAKE_BINARY_DIR}/skua.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/skua.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
