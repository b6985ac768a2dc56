/* Texts, non-products, identities, bundles, wholesale: by hand. */
#include "support/support.h"

#include <math.h>
#include <string.h>

#include "clean/bundle.h"
#include "clean/identity.h"
#include "clean/non_product.h"
#include "clean/text_normal.h"
#include "clean/wholesale.h"

static void normal_forms(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"  Red \t mug\n", "Red mug"},
        {"Cafe\xCC\x81", "Caf\xC3\xA9"},              /* e + acute */
        {"ＡＢＣ１２３！", "ABC123!"},                /* full width */
        {"ｶﾞｰﾄﾞ", "ガード"},                          /* half-width kana, voiced */
        {"茶　杯", "茶 杯"},                          /* ideographic space */
        {"①号 10\xE2\x81\xBB", "①号 10\xE2\x81\xBB"}, /* circled and raised stay */
        {"zero\xE2\x80\x8Bwidth\xC2\xAD\xEF\xBB\xBF", "zerowidth"},
        {"", ""},
        {"   ", ""},
    };
    skuai_arena *arena = skuai_arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *made, *again;
        skua_error err;
        assert_ok(skuai_text_normal(cases[i][0], arena, &made, &err), &err);
        assert_string_equal(made, cases[i][1]);
        assert_ok(skuai_text_normal(made, arena, &again, &err), &err); /* once is enough */
        assert_string_equal(again, made);
    }
    skuai_arena_free(arena);
}

static void keys(void **state) {
    (void)state;
    static const char *const same[][2] = {{"T-Shirt", "t shirt"},  {"Möbel", "mobel"},
                                          {"ＴＥＡ　杯", "tea杯"}, {"Straße", "STRASSE"},
                                          {"Ёлка", "елка"},        {"ガード", "ｶﾞｰﾄﾞ"}};
    skuai_arena *arena = skuai_arena_new(0);
    const char *a, *b;
    skua_error err;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_ok(skuai_text_key(same[i][0], arena, &a, &err), &err);
        assert_ok(skuai_text_key(same[i][1], arena, &b, &err), &err);
        assert_string_equal(a, b);
    }
    assert_ok(skuai_text_key("バス", arena, &a, &err), &err);
    assert_ok(skuai_text_key("ハス", arena, &b, &err), &err);
    assert_string_not_equal(a, b); /* voicing makes another word */
    assert_int_equal(skuai_text_key("bad \xFF bytes", arena, &a, &err), SKUA_EENCODING);
    skuai_arena_free(arena);
}

static void distances_and_similarities(void **state) {
    (void)state;
    assert_int_equal(skuai_text_distance("kitten", "sitting", 5), 3);
    assert_int_equal(skuai_text_distance("kitten", "sitting", 2), 3);
    assert_int_equal(skuai_text_distance("ab", "ba", 3), 1); /* a swap */
    assert_int_equal(skuai_text_distance("", "abc", 9), 3);
    assert_int_equal(skuai_text_distance("红茶杯", "绿茶杯", 3), 1);
    assert_int_equal(skuai_text_length("红茶a"), 3);
    /* night / nacht: pairs ni ig gh ht and na ac ch ht: 2 * 1 / 8 */
    assert_close(skuai_text_similarity("night", "nacht"), 0.25, 0, 1e-15);
    assert_close(skuai_text_similarity("aaaa", "aa"), 0.5, 0, 1e-15);
    assert_close(skuai_text_similarity("x", "x"), 1, 0, 0);
    assert_close(skuai_text_similarity("x", "y"), 0, 0, 0);
}

static void non_products(void **state) {
    (void)state;
    static const struct {
        const char *code, *title;
        bool found;
    } cases[] = {
        {"POST", "POSTAGE", true},
        {"DOT", "DOTCOM POSTAGE", true},
        {"M", "Manual", true},
        {"BANK CHARGES", "Bank Charges", true},
        {"S", "SAMPLES", true},
        {"AMAZONFEE", "AMAZON FEE", true},
        {"gift_20", "Dotcomgiftshop Gift Voucher £20.00", true},
        {"F1", "运费补差", true},
        {"F2", "送料（全国一律）", true},
        {"V", "Versandkosten DHL", true},
        {"F", "Frais de port", true},
        {"D1", "доставка", true},
        {"P1", "赠品", true},
        {"22423", "REGENCY CAKESTAND 3 TIER", false},
        {"1", "Manual coffee grinder", false},
        {"2", "Sample book of wallpapers", false},
        {"3", "Vintage postage stamp cushion", false},
        {"4", "买一送一赠品多多手机壳透明", false},
        {"5", "Postman Pat toy", false},
        {"6", "Red carriage clock for the wall", false},
        {"7", NULL, false},
    };
    skuai_arena *arena = skuai_arena_new(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *word = NULL;
        skua_error err;
        assert_ok(skuai_non_product_word(cases[i].code, cases[i].title, arena, &word, &err), &err);
        if ((word != NULL) != cases[i].found) fail_msg("%s: %s", cases[i].title, word ? word : "-");
    }
    assert_true(skuai_non_product_shape("BANK", 3800, 3900));
    assert_false(skuai_non_product_shape("22423A", 3800, 3900));
    assert_false(skuai_non_product_shape("BANK", 2000, 3900)); /* half of the codes are words */
    assert_false(skuai_non_product_shape("BANK", 20, 20));     /* too few to tell */
    skuai_arena_free(arena);
}

static void identities(void **state) {
    (void)state;
    size_t main_text, change;
    skuai_description d[] = {
        {"Red mug", "redmug", 100, 200, 90, 4.0},
        {"RED  MUG", "redmug", 150, 180, 10, 4.0},
        {"damaged", "damaged", 160, 160, 1, NAN},
    };
    assert_int_equal(skuai_identity_judge(d, 2, 5, &main_text, &change), SKUAI_IDENTITY_SAME);
    assert_int_equal(skuai_identity_judge(d, 3, 5, &main_text, &change), SKUAI_IDENTITY_SEVERAL);
    assert_int_equal(main_text, 0);
    skuai_description again[] = {
        {"Garden hose 20 m", "gardenhose20m", 400, 600, 40, 19.0},
        {"Red mug", "redmug", 100, 200, 90, 4.0},
    };
    assert_int_equal(skuai_identity_judge(again, 2, 5, &main_text, &change), SKUAI_IDENTITY_REUSED);
    assert_int_equal(change, 0);
    assert_int_equal(main_text, 1);
    again[0].first = 205; /* at once, but at another price */
    assert_int_equal(skuai_identity_judge(again, 2, 5, &main_text, &change), SKUAI_IDENTITY_REUSED);
    again[0].price = 4.2; /* at once, at the same price: a renaming */
    assert_int_equal(skuai_identity_judge(again, 2, 5, &main_text, &change),
                     SKUAI_IDENTITY_SEVERAL);
    again[0].first = 150; /* both at the same time */
    assert_int_equal(skuai_identity_judge(again, 2, 5, &main_text, &change),
                     SKUAI_IDENTITY_SEVERAL);
}

static void successions(void **state) {
    (void)state;
    const skuai_item_life lives[] = {
        {"A1", "steelkettleclassic", "kitchen", 0, 500, 30, NULL},
        {"A2", "steelkettleclassicii", "kitchen", 510, 900, 32, NULL},
        {"B1", "lampblue", "light", 0, 900, 9, NULL}, /* still sells */
        {"B2", "lampblue2", "light", 480, 900, 9, NULL},
        {"C1", "oil500ml", "food", 0, 480, 5, NULL}, /* another size */
        {"C2", "oil750ml", "food", 490, 900, 7, NULL},
        {"D1", "chair", "garden", 0, 300, 50, NULL},
        {"D2", "parasol", "garden", 700, 900, 80, "D1"},           /* given */
        {"E1", "steelkettleclassicx", "garden", 0, 505, 30, NULL}, /* another category */
    };
    skuai_succession *pairs;
    size_t n;
    skua_error err;
    assert_ok(skuai_successions(lives, 9, 900, &SKUAI_SUCCESSION_OPTIONS_DEFAULT, &pairs, &n, &err),
              &err);
    assert_int_equal(n, 2);
    assert_true(pairs[0].given && pairs[0].from == 6 && pairs[0].to == 7);
    assert_true(!pairs[1].given && pairs[1].from == 0 && pairs[1].to == 1);
    /* 17 and 19 pairs of letters, 17 in common */
    assert_close(pairs[1].similarity, 34.0 / 36, 0, 1e-12);
    skuai_free(pairs);
}

static void category_spellings(void **state) {
    (void)state;
    const char *const keys[] = {"kitchenware", "kitchenwares", "boots", "roots", "kitchenware",
                                "sizes10",     "sizes11",      "toys",  "tools"};
    const double counts[] = {100, 3, 40, 38, 2, 50, 1, 90, 2};
    skuai_spelling *pairs;
    size_t n;
    skua_error err;
    assert_ok(skuai_category_spellings(keys, counts, 9, &pairs, &n, &err), &err);
    assert_int_equal(n, 2);
    assert_true(pairs[0].rare == 1 && pairs[0].usual == 0 && !pairs[0].same_key);
    assert_true(pairs[1].rare == 4 && pairs[1].usual == 0 && pairs[1].same_key);
    skuai_free(pairs);
}

/* 0 = 2 x 1 + 1 x 2, 2 = 3 x 3 + 1 x 1: so 0 = 3 x 1 + 3 x 3. */
static void bundles(void **state) {
    (void)state;
    skuai_part parts[] = {{2, 3, 3}, {0, 1, 2}, {0, 2, 1}, {2, 1, 1}};
    skuai_part *flat = NULL;
    size_t n = 0, cycle = 99;
    skua_error err;
    assert_ok(skuai_bundles_flatten(parts, 4, 4, &flat, &n, &cycle, &err), &err);
    const skuai_part expected[] = {{0, 1, 3}, {0, 3, 3}, {2, 1, 1}, {2, 3, 3}};
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(flat[i].bundle, expected[i].bundle);
        assert_int_equal(flat[i].item, expected[i].item);
        assert_close(flat[i].units, expected[i].units, 0, 1e-15);
    }
    skuai_free(flat);
    parts[3].item = 0; /* 2 holds 0 holds 2 */
    flat = NULL;
    assert_int_equal(skuai_bundles_flatten(parts, 4, 4, &flat, &n, &cycle, &err), SKUA_EDATA);
    assert_true((cycle == 0 || cycle == 2) && flat == NULL);
    parts[3] = (skuai_part){2, 1, -1};
    assert_int_equal(skuai_bundles_flatten(parts, 4, 4, &flat, &n, NULL, &err), SKUA_EDATA);
    assert_ok(skuai_bundles_flatten(parts, 0, 4, &flat, &n, NULL, &err), &err);
    assert_int_equal(n, 0);
    skuai_free(flat);
}

static void wholesale_orders(void **state) {
    (void)state;
    double units[60], scratch[120];
    for (size_t i = 0; i < 60; i++)
        units[i] = 1 + (double)(i * 7 % 4); /* 1 .. 4 */
    skuai_wholesale_options options = SKUAI_WHOLESALE_OPTIONS_DEFAULT;
    double bound = skuai_wholesale_bound(units, 60, &options, scratch);
    assert_true(bound > 24 && bound < 25);
    units[17] = 5000;
    assert_close(skuai_wholesale_bound(units, 60, &options, scratch), bound, 0.2, 0);
    assert_close(skuai_wholesale_bound(units, 6, &options, scratch), 50 * sqrt(6), 1e-12, 0);
    assert_true(isinf(skuai_wholesale_bound(units, 4, &options, scratch)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_forms),
        cmocka_unit_test(keys),
        cmocka_unit_test(distances_and_similarities),
        cmocka_unit_test(non_products),
        cmocka_unit_test(identities),
        cmocka_unit_test(successions),
        cmocka_unit_test(category_spellings),
        cmocka_unit_test(bundles),
        cmocka_unit_test(wholesale_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
