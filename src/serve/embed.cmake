# Compiles openapi.json and, where it was built (scripts/web.sh), the console into room serve: a C
# file with the bytes of each, written at configure time and again when a file changes.
set(SKUA_WEB "${CMAKE_SOURCE_DIR}/build/web" CACHE PATH "where scripts/web.sh put the built console")
file(GLOB asset_files CONFIGURE_DEPENDS ${SKUA_WEB}/index.html ${SKUA_WEB}/favicon.svg ${SKUA_WEB}/assets/*)
list(APPEND asset_files ${CMAKE_SOURCE_DIR}/src/serve/openapi.json)
set(asset_arrays "")
set(asset_table "")
set(asset_index 0)
foreach(file IN LISTS asset_files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    get_filename_component(name ${file} NAME)
    if(file MATCHES "/assets/[^/]*$")
        set(name "assets/${name}")
    endif()
    set(type "application/octet-stream")
    foreach(pair IN ITEMS "html=text/html" "js=text/javascript" "css=text/css" "svg=image/svg+xml" "json=application/json")
        string(REPLACE "=" ";" pair "${pair}")
        list(GET pair 0 ending)
        if(name MATCHES "\\.${ending}$")
            list(GET pair 1 type)
        endif()
    endforeach()
    if(type MATCHES "^text/")
        string(APPEND type "; charset=utf-8")
    endif()
    file(READ ${file} bytes HEX)
    file(SHA256 ${file} hash)
    string(SUBSTRING ${hash} 0 16 hash)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(APPEND asset_arrays "static const unsigned char asset_${asset_index}[] = {${bytes}0};\n")
    string(APPEND asset_table
           "    {\"${name}\", \"${type}\", \"\\\"${hash}\\\"\", asset_${asset_index}, sizeof asset_${asset_index} - 1},\n")
    math(EXPR asset_index "${asset_index} + 1")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/serve_assets.c @ONLY CONTENT
"/* Made from build/web and src/serve/openapi.json by src/serve/embed.cmake. */
#include \"serve/asset.h\"

@asset_arrays@
const skuai_asset skuai_assets[] = {
@asset_table@};
const size_t skuai_asset_count = sizeof skuai_assets / sizeof *skuai_assets;
")
target_sources(skua_serve PRIVATE ${CMAKE_BINARY_DIR}/generated/serve_assets.c)
