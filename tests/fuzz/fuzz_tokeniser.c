/* Tokenisers: any bytes give a tokeniser, or a sentence; and a tokeniser gives numbers that are in
 * its vocabulary for any text. A first byte of 'v' makes the rest a vocab.txt, else it is a
 * tokenizer.json. */
#include "encode/tokeniser.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(const skuai_tokeniser *tokeniser, const char *text, size_t n) {
    skuai_arena *arena = skuai_arena_new(0);
    skuai_tokens tokens;
    skua_error err = {0};
    skuai_tokeniser_options options = {.tokens_most = 1000, .bytes_most = 4096};
    if (!arena) return;
    if (skuai_tokeniser_encode(tokeniser, text, n, &options, arena, &tokens, &err) == SKUA_OK) {
        if (tokens.n > 1000 + 16) abort();
        for (size_t i = 0; i < tokens.n; i++)
            if (tokens.ids[i] < 0 || (size_t)tokens.ids[i] >= skuai_tokeniser_size(tokeniser))
                abort();
    } else if (err.message[0] == '\0') {
        abort();
    }
    skuai_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char text[] =
        "Red dress, 12 ml \xE6\xB0\xB4 caf\xC3\xA9 [MASK] \xFF\xF0\x9F\x91\x97";
    skuai_tokeniser *tokeniser = NULL;
    skua_error err = {0};
    const char *bytes = (const char *)data;
    skua_status status =
        size > 0 && data[0] == 'v'
            ? skuai_tokeniser_parse_vocabulary(bytes + 1, size - 1, NULL, 0, &tokeniser, &err)
            : skuai_tokeniser_parse(bytes, size, &tokeniser, &err);
    if (status != SKUA_OK) {
        if (tokeniser || err.message[0] == '\0') abort();
        return 0;
    }
    encode(tokeniser, text, sizeof text - 1);
    encode(tokeniser, bytes, size);
    skuai_tokeniser_free(tokeniser);
    return 0;
}
