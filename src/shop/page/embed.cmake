# Compiles the report page into room shop: its bytes, cut at @DATA@, as a C array.
set(page_file ${CMAKE_SOURCE_DIR}/src/shop/page/report.html)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page_file})
file(READ ${page_file} page_bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," page_bytes "${page_bytes}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/report_page.c @ONLY CONTENT
"/* Made from src/shop/page/report.html. */
#include \"shop/report_page.h\"

const unsigned char skuai_report_page[] = {@page_bytes@0};
const size_t skuai_report_page_size = sizeof skuai_report_page - 1;
")
target_sources(skua_shop PRIVATE ${CMAKE_BINARY_DIR}/generated/report_page.c)
