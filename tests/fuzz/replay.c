/* replay.c -- runs a fuzz target without a fuzzer: over every file of the folders given, and over
 * mutations of them drawn from a fixed seed (bytes changed, cut, doubled), so that each parser
 * meets a few thousand broken inputs in every test run. */
#include "core/random.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MOST = 1 << 20, MUTATIONS = 300 };

static size_t read_file(const char *path, uint8_t *data) {
    FILE *file = fopen(path, "rb");
    if (!file) return SIZE_MAX;
    size_t n = fread(data, 1, INPUT_MOST, file);
    (void)fclose(file);
    return n;
}

/* Exact-size copies, so that the sanitizer sees every read past the end. */
static void run_once(const uint8_t *data, size_t n) {
    uint8_t *copy = malloc(n ? n : 1);
    if (!copy) return;
    memcpy(copy, data, n);
    (void)LLVMFuzzerTestOneInput(copy, n);
    free(copy);
}

static void run_mutations(const uint8_t *original, size_t n, skuai_random *random) {
    uint8_t *data = malloc(2 * n + 64);
    for (int i = 0; data && i < MUTATIONS; i++) {
        size_t size = n;
        memcpy(data, original, n);
        size_t changes = 1 + skuai_random_index(random, 8);
        for (size_t k = 0; k < changes && size > 0; k++) {
            size_t at = skuai_random_index(random, size);
            switch (skuai_random_index(random, 5)) {
            case 0:
                data[at] = (uint8_t)skuai_random_bits(random);
                break;
            case 1:
                data[at] ^= (uint8_t)(1u << skuai_random_index(random, 8));
                break;
            case 2:
                size = at; /* cut */
                break;
            case 3: { /* a structural byte */
                static const char bytes[] = "\",;\n\r\t{}[]:-0.'\\\0\xFF";
                data[at] = (uint8_t)bytes[skuai_random_index(random, sizeof bytes - 1)];
                break;
            }
            default: /* a piece again */
                if (size < n + 16 && at < size) {
                    size_t length = size - at < 16 ? size - at : 16;
                    memmove(data + size, data + at, length);
                    size += length;
                }
            }
        }
        run_once(data, size);
    }
    free(data);
}

static size_t run_folder(const char *path, uint8_t *data, skuai_random *random) {
    size_t count = 0;
    DIR *folder = opendir(path);
    if (!folder) return 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[4096];
        (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.') continue;
        size_t n = read_file(name, data);
        if (n == SIZE_MAX) continue;
        run_once(data, n);
        run_mutations(data, n, random);
        count++;
    }
    (void)closedir(folder);
    return count;
}

int main(int argc, char **argv) {
    uint8_t *data = malloc(INPUT_MOST);
    size_t count = 0;
    skuai_random random;
    skuai_random_init(&random, 1);
    run_once((const uint8_t *)"", 0);
    for (int i = 1; data && i < argc; i++)
        count += run_folder(argv[i], data, &random);
    free(data);
    printf("%zu inputs replayed, each with %d mutations\n", count, MUTATIONS);
    return count > 0 ? 0 : 1;
}
