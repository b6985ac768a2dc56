/* CMake wants one source in a library made of archives. */
extern const char skuai_empty_file;
const char skuai_empty_file = 0;
