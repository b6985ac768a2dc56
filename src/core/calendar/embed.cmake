# Compiles data/holidays/*.txt into room core: a C file with the bytes of each, written at configure
# time and again when a file changes. Included by the top CMakeLists.txt behind the rooms.
file(GLOB holiday_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/data/holidays/*.txt)
list(SORT holiday_files)
set(holiday_arrays "")
set(holiday_table "")
set(holiday_index 0)
foreach(file IN LISTS holiday_files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME)
    file(READ ${file} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND holiday_arrays
           "static const unsigned char file_${holiday_index}[] = {${bytes}};\n")
    string(APPEND holiday_table
           "    {\"${name}\", file_${holiday_index}, sizeof file_${holiday_index}},\n")
    math(EXPR holiday_index "${holiday_index} + 1")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/holiday_files.c @ONLY CONTENT
"/* Made from data/holidays by src/core/calendar/embed.cmake. */
#include \"core/calendar/holiday_rule.h\"

@holiday_arrays@
const skuai_holiday_file skuai_holiday_files[] = {
@holiday_table@};
const size_t skuai_holiday_file_count = sizeof skuai_holiday_files / sizeof *skuai_holiday_files;
")
target_sources(skua_core PRIVATE ${CMAKE_BINARY_DIR}/generated/holiday_files.c)
