# Foreign libraries. An installed system copy of DuckDB wins over the one that scripts/setup.sh
# fetched into SKUA_PREFIX.
find_package(PkgConfig REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(ZLIB REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(UCHARDET REQUIRED IMPORTED_TARGET uchardet)
pkg_check_modules(UTF8PROC REQUIRED IMPORTED_TARGET libutf8proc)
# oneDNN by hand: its CMake package wants OpenCL's headers
find_path(DNNL_INCLUDE oneapi/dnnl/dnnl.h REQUIRED)
find_library(DNNL_LIBRARY dnnl REQUIRED)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

find_path(DUCKDB_INCLUDE duckdb.h HINTS ${SKUA_PREFIX}/include)
find_library(DUCKDB_LIBRARY duckdb HINTS ${SKUA_PREFIX}/lib)
if(NOT DUCKDB_INCLUDE OR NOT DUCKDB_LIBRARY)
    message(FATAL_ERROR "DuckDB not found: run scripts/setup.sh (or install libduckdb), then again")
endif()
add_library(skua_duckdb INTERFACE)
target_include_directories(skua_duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE})
target_link_libraries(skua_duckdb INTERFACE ${DUCKDB_LIBRARY})

# LightGBM: the headers only; the library is loaded on first use (src/learn/lightgbm_library.h).
find_path(LIGHTGBM_INCLUDE LightGBM/c_api.h HINTS ${SKUA_PREFIX}/include)
if(NOT LIGHTGBM_INCLUDE)
    message(FATAL_ERROR "LightGBM's header not found: run scripts/setup.sh (or install LightGBM), then again")
endif()

# CBC: its C header only; the library is loaded on first use (src/decide/cbc_library.h).
find_path(CBC_INCLUDE coin/Cbc_C_Interface.h REQUIRED)

# Many machines: a module of its own, built where MPI is (any of them; Debian's default is Open MPI).
find_package(MPI QUIET COMPONENTS C)
if(NOT MPI_C_FOUND)
    message(STATUS "MPI not found: skua is built for one process; libopenmpi-dev adds mpirun")
endif()
