/* Bad input: a sentence that says what and where, and the workspace as it was. */
#define _DEFAULT_SOURCE
#include "shop_support.h"

#include <sys/mount.h>
#include <sys/stat.h>

static void assert_untouched(void) {
    assert_number("SELECT count(*) FROM sales_rows", 0);
    assert_number("SELECT count(*) FROM ingested", 0);
    assert_number("SELECT count(*) FROM rejects", 0);
    assert_number("SELECT count(*) FROM series", 0);
}

static void not_tables(void **state) {
    (void)state;
    assert_refused("sales", file_write("e.csv", ""), SKUA_EDATA, "is empty");
    assert_refused("sales", file_write("n.csv", "\n\n\n"), SKUA_EDATA, "is empty");
    assert_refused("sales", file_write("h.csv", "item,date,units\n"), SKUA_EDATA,
                   "has a header and no rows");
    assert_refused("sales", file_write("x.xlsx", "PK\3\4 and so on"), SKUA_EDATA, "CSV UTF-8");
    assert_refused("sales", file_write("x.xls", "\xD0\xCF\x11\xE0 and so on"), SKUA_EDATA, "Excel");
    assert_refused("sales", file_write("x.parquet", "PAR1 but nothing behind it"), SKUA_EDATA,
                   "not readable as Parquet");
    assert_refused("sales", file_write("x.json", "[{\"item\": \"A\", "), SKUA_EDATA,
                   "not readable as JSON");
    assert_refused("sales", file_write_n("z.bin", "ab\0\0cd\0\0\0\0gh\0\0ij\0kl\0\0", 20),
                   SKUA_EDATA, "NUL bytes, the first at byte 3");
    assert_refused("sales", "/nowhere/at/all.csv", SKUA_ENOTFOUND, "no such file");
    assert_refused("dreams", file_write("s.csv", "a\n1\n"), SKUA_EINVAL, "no table 'dreams'");
    static const unsigned char cut[] = {0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x4B, 0x4C};
    assert_refused("sales", file_write_n("c.csv.gz", cut, sizeof cut), SKUA_EDATA, "gzip");
    assert_untouched();
}

static void wrong_shape(void **state) {
    (void)state;
    assert_refused("sales", file_write("d.csv", "item:date:units\nA:2024-01-01:1\n"), SKUA_ESCHEMA,
                   "is the delimiter another one?");
    assert_refused("sales", file_write("r.csv", "colour,size\nred,XL\n"), SKUA_ESCHEMA,
                   "the columns are: colour, size");
    assert_refused("sales", file_write("t.csv", "item,price,date,price\nA,1,2024-01-01,2\n"),
                   SKUA_ESCHEMA, "columns 2 and 4 are both called 'price'");
    assert_refused("sales", file_write("m.csv", "item,date,units\nA,soon,1\nB,later,2\n"),
                   SKUA_ESCHEMA, "no column for ds");
    assert_refused("calendar", file_write("c.csv", "dt,holiday_flag\n2024-01-01,1\n"), SKUA_ESCHEMA,
                   "--future");
    skua_error err;
    skuai_ingest_options comma = {.delimiter = ','};
    const char *path = file_write("s.csv", "item;date;units\nA;2024-01-01;1\n");
    assert_int_equal(try_ingest("sales", path, comma, NULL, &err), SKUA_ESCHEMA);
    skuai_ingest_options unknown = {.encoding = "klingon"};
    assert_int_equal(try_ingest("sales", path, unknown, NULL, &err), SKUA_EENCODING);
    skuai_ingest_options date = {.date = "backwards"};
    assert_int_equal(try_ingest("sales", path, date, NULL, &err), SKUA_EINVAL);
    skuai_ingest_options known = {.known_at = "yesterday"};
    assert_int_equal(try_ingest("sales", path, known, NULL, &err), SKUA_EINVAL);
    assert_untouched();
}

/* A header of 200,000 columns, a line of 1 GB: refused by their head. */
static void too_large(void **state) {
    (void)state;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 24);
    for (int i = 0; i < 200000; i++)
        (void)skuai_buffer_format(&text, "c%d,", i);
    (void)skuai_buffer_text(&text, "\n1,2\n");
    const char *path = file_write("wide.csv", text.data);
    skuai_buffer_clear(&text);
    assert_refused("sales", path, SKUA_EDATA, "200001 columns, at most 4096");
    path = file_write("long.csv", "item,date,units\nA,2024-01-01,1\n");
    assert_int_equal(truncate(path, 1 << 30), 0); /* 1 GB of NUL bytes: no disk is used */
    assert_refused("sales", path, SKUA_EDATA, "NUL");
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    static char piece[1 << 20];
    memset(piece, 'x', sizeof piece);
    assert_true(fputs("item,date,units\nA,2024-01-01,1\nB", file) >= 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(fwrite(piece, 1, sizeof piece, file), sizeof piece);
    assert_int_equal(fclose(file), 0);
    assert_refused("sales", path, SKUA_EDATA, "long.csv:3: a line of more than 16 MB");
    file = fopen(path, "wb");
    assert_non_null(file);
    for (int i = 0; i < 20; i++)
        assert_int_equal(fwrite(piece, 1, sizeof piece, file), sizeof piece);
    assert_int_equal(fclose(file), 0);
    assert_refused("sales", path, SKUA_EDATA, "the first line is longer than 16 MB");
    assert_untouched();
}

static void rejected_rows(void **state) {
    (void)state;
    static const char text[] =
        "item,date,units\n"
        "A,2024-01-01,1\n"
        "A,14/01/2024,1\n"         /* 3 mixed format */
        "A,1900-01-01,1\n"         /* 4 */
        "A,2500-01-01,1\n"         /* 5 */
        "A,2024-01-02,inf\n"       /* 6 */
        "A,2024-01-03,-Infinity\n" /* 7 */
        "A,2024-01-04,many\n"      /* 8 */
        "A,2024-01-05\n"           /* 9 */
        "A,2024-01-06,1,2\n"       /* 10 */
        ",2024-01-07,1\n"          /* 11 */
        "A,,1\n"                   /* 12 */
        "A,2024-02-30,1\n"         /* 13 */
        "A\0B,2024-01-08,1\n"      /* 14 */
        "\"A\nB\",2024-01-09,1\n"  /* 15, 16: good, a line end in quotes */
        "\"open,2024-01-10,1\n"    /* 17 */
        "\xC3\x28,2024-01-11,1\n"  /* 18 */
        "A,2024-01-12,7,,\n"       /* 19: delimiters behind: good */
        "\n"                       /* 20: blank: no row */
        "A,2024-01-13,\n"          /* 21: missing: kept as missing */
        "A,2024-01-14,9\n"         /* 22 */
        "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9,2024-01-14,1\n";
    ingest("sales", file_write_n("r.csv", text, sizeof text - 1));
    assert_number("SELECT count(*) FROM sales", 6);
    assert_number("SELECT sum(units) FROM sales", 1 + 1 + 7 + 9 + 1);
    assert_number("SELECT count(*) FROM sales WHERE units IS NULL", 1);
    assert_number("SELECT count(*) FROM sales WHERE item = 'A\nB'", 1);
    assert_text("SELECT string_agg(line, ',' ORDER BY line) FROM rejects",
                "3,4,5,6,7,8,9,10,11,12,13,14,17,18");
    static const char *const why[][2] = {
        {"3", "ds '14/01/2024' is not a date as the others: year-month-day"},
        {"4", "ds '1900-01-01' is outside 1950 to 2100"},
        {"5", "ds '2500-01-01' is outside 1950 to 2100"},
        {"6", "units 'inf' is infinite"},
        {"8", "units 'many' is not a number"},
        {"9", "2 fields, the header has 3"},
        {"10", "4 fields, the header has 3"},
        {"11", "item is missing"},
        {"12", "ds is missing"},
        {"14", "a NUL byte"},
        {"17", "a quote is never closed"},
        {"18", "not valid UTF-8"}};
    for (size_t i = 0; i < sizeof why / sizeof *why; i++) {
        char sql[100];
        (void)snprintf(sql, sizeof sql, "SELECT why FROM rejects WHERE line = %s", why[i][0]);
        assert_text(sql, why[i][1]);
    }
    assert_text("SELECT text FROM rejects WHERE line = 8", "A,2024-01-04,many");
    assert_number("SELECT rejected FROM ingested", 14);
}

static void nothing_readable(void **state) {
    (void)state;
    assert_refused(
        "sales", file_write("n.csv", "item,date,units\nA,1900-01-01,1\nB,1901-01-01,2\n"),
        SKUA_EDATA, "none of its 2 rows can be read; line 2: ds '1900-01-01' is outside");
    assert_untouched();
}

/* The files before a bad one are in, and the message says so. */
static void second_file_bad(void **state) {
    (void)state;
    skua_error err;
    skuai_ingest_file files[] = {{.table = "sales"}, {.table = "sales"}};
    files[0].path = file_write("a.csv", "item,date,units\nA,2024-01-01,1\n");
    files[1].path = file_write("b.csv", "item,date,units\n");
    skuai_ingest_options options = {.files = files, .n_files = 2};
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    skuai_buffer report;
    skuai_buffer_init(&report, 1 << 20);
    assert_int_equal(skuai_ingest(store, &options, NULL, &report, &err), SKUA_EDATA);
    assert_int_equal(report.size, 0);
    assert_non_null(strstr(err.message, "1 file before it is in: "));
    skuai_buffer_clear(&report);
    skuai_store_close(store);
    assert_number("SELECT count(*) FROM sales", 1);
}

static bool stop(void *user) {
    int *left = user;
    return --*left < 0;
}

static void cancelled(void **state) {
    (void)state;
    skua_error err;
    skuai_buffer text, report;
    skuai_buffer_init(&text, 1 << 26);
    skuai_buffer_init(&report, 1 << 20);
    (void)skuai_buffer_text(&text, "item,date,units\n");
    for (int i = 0; i < 300000; i++)
        (void)skuai_buffer_format(&text, "I%d,2024-01-01,1\n", i);
    skuai_ingest_file file = {.table = "sales", .path = file_write("c.csv", text.data)};
    skuai_buffer_clear(&text);
    int left = 2;
    skuai_context context = {.threads = 2, .cancel = stop, .user = &left};
    skuai_ingest_options options = {.files = &file, .n_files = 1};
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    assert_int_equal(skuai_ingest(store, &options, &context, &report, &err), SKUA_ECANCEL);
    skuai_store_close(store);
    assert_untouched();
    ingest("sales", file.path);
    assert_number("SELECT count(*) FROM sales", 300000);
}

static void full_disk(void **state) {
    (void)state;
    skua_error err;
    char small[280];
    (void)snprintf(small, sizeof small, "%.250s/small", folder);
    assert_int_equal(mkdir(small, 0777), 0);
    if (mount("none", small, "tmpfs", 0, "size=4m") != 0) {
        print_message("skipped: no right to mount a small disk\n");
        skip();
    }
    (void)snprintf(shop, sizeof shop, "%.280s/shop", small);
    assert_ok(skuai_store_create(shop, NULL, &err), &err);
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 27);
    (void)skuai_buffer_text(&text, "item,date,units\n");
    uint64_t noise = 1;
    for (int i = 0; i < 1000000; i++) {
        noise = noise * UINT64_C(6364136223846793005) + 1442695040888963407u;
        (void)skuai_buffer_format(&text, "I%d,2024-01-01,0.%llu\n", i,
                                  (unsigned long long)(noise >> 16));
    }
    const char *path = file_write("f.csv", text.data);
    skuai_buffer_clear(&text);
    skua_status status = try_ingest("sales", path, (skuai_ingest_options){0}, NULL, &err);
    double rows = number("SELECT count(*) FROM sales_rows");
    (void)umount(small);
    assert_int_equal(status, SKUA_EIO);
    assert_non_null(strstr(err.message, "disk is full"));
    assert_close(rows, 0, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(not_tables),       TEST(wrong_shape),     TEST(too_large), TEST(rejected_rows),
        TEST(nothing_readable), TEST(second_file_bad), TEST(cancelled), TEST(full_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
