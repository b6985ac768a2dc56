/* Files into tables: formats, encodings, roles, duplicates, corrections, orders, returns. */
#define _DEFAULT_SOURCE
#include "shop_support.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>

static const char sales_csv[] = "store,sku,date,sales,price\n"
                                "north,A,2024-01-01,3,9.5\n"
                                "north,A,2024-01-02,4,9.5\n"
                                "south,A,2024-01-01,1,9.9\n"
                                "north,B,2024-01-01,0,2\n";

static void sales_in(void **state) {
    (void)state;
    char *report = ingest_with("sales", file_write("s.csv", sales_csv), (skuai_ingest_options){0});
    assert_non_null(strstr(report, "{\"column\":\"sku\",\"role\":\"item\",\"how\":\"name\"}"));
    assert_non_null(strstr(report, "{\"column\":\"store\",\"role\":\"channel\",\"how\":\"name\"}"));
    assert_non_null(strstr(report, "\"rows\":4,\"added\":4,\"corrected\":0,\"unchanged\":0"));
    skua_text_free(report);
    assert_number("SELECT count(*) FROM sales", 4);
    assert_number("SELECT units FROM sales WHERE item = 'A' AND channel = 'north' AND ds = "
                  "TIMESTAMP '2024-01-02'",
                  4);
    assert_number("SELECT sum(units * price) FROM sales", 7 * 9.5 + 9.9);
    assert_number("SELECT count(*) FROM sales WHERE known_at IS NULL", 4);
    assert_number("SELECT rows FROM ingested", 4);
}

static void conventions(void **state) {
    (void)state;
    static const char *const files[] = {"unique_id,ds,y\nA,2024-01-01,7\n",
                                        "item_id,timestamp,target\nA,2024-01-01 00:00:00,7\n",
                                        "store,sku,date,sales\nmain,A,2024-01-01,7\n",
                                        "Dept,Date,Weekly_Sales\nA,2024-01-01,7\n",
                                        "销售日期,单品编码,销量(千克)\n2024年1月1日,A,7\n",
                                        "y,day,thing\n7,2024-01-01,A\n"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        skuai_ingest_options options = {.again = true};
        skua_text_free(ingest_with("sales", file_write("c.csv", files[i]), options));
        assert_number(
            "SELECT count(*) FROM sales WHERE item = 'A' AND channel = 'main' AND units = 7"
            " AND ds = TIMESTAMP '2024-01-01'",
            1);
    }
    assert_number("SELECT count(*) FROM sales", 1); /* six times the same row: nothing was stored */
    assert_number("SELECT sum(unchanged) FROM ingested", 5);
}

static void same_file_again(void **state) {
    (void)state;
    const char *path = file_write("s.csv", sales_csv);
    ingest("sales", path);
    char *report = ingest_with("sales", path, (skuai_ingest_options){0});
    assert_non_null(strstr(report, "already ingested"));
    skua_text_free(report);
    report = ingest_with("sales", path, (skuai_ingest_options){.again = true});
    assert_non_null(strstr(report, "\"added\":0,\"corrected\":0,\"unchanged\":4"));
    skua_text_free(report);
    assert_number("SELECT count(*) FROM sales_rows", 4);
}

static void corrections(void **state) {
    (void)state;
    ingest("sales", file_write("s.csv", sales_csv));
    char *report = ingest_with("sales",
                               file_write("t.csv", "sku,store,date,sales\n"
                                                   "A,north,2024-01-01,5\n"   /* corrected */
                                                   "A,north,2024-01-02,4\n"   /* the same */
                                                   "A,north,2023-12-31,2\n"   /* late */
                                                   "A,north,2024-01-03,6\n"), /* new */
                               (skuai_ingest_options){0});
    assert_non_null(strstr(report, "\"added\":2,\"corrected\":1,\"unchanged\":1"));
    assert_non_null(strstr(report, "\"late\":1"));
    skua_text_free(report);
    assert_number("SELECT count(*) FROM sales", 6);
    assert_number("SELECT units FROM sales WHERE ds = TIMESTAMP '2024-01-01' AND item = 'A' AND "
                  "channel = 'north'",
                  5);
    /* the file had no price: the one that was known stays */
    assert_number("SELECT price FROM sales WHERE units = 5", 9.5);
    assert_number("SELECT count(*) FROM sales WHERE known_at IS NOT NULL", 2);
    assert_number("SELECT count(*) FROM sales_rows WHERE corrects", 1);
    ingest("sales", file_write("u.csv", "sku,store,date,sales\nA,north,2024-01-01,8\n"));
    assert_number("SELECT sum(units) FROM sales WHERE ds = TIMESTAMP '2024-01-01'", 8 + 1 + 0);
    assert_number("SELECT count(*) FROM sales_rows", 8);
}

static void duplicates(void **state) {
    (void)state;
    static const char text[] = "sku,date,units,price\nA,2024-01-01,1,10\nB,2024-01-01,5,1\n"
                               "A,2024-01-01,3,20\n";
    char *report = ingest_with("sales", file_write("d.csv", text), (skuai_ingest_options){0});
    assert_non_null(strstr(report, "\"duplicates\":1"));
    skua_text_free(report);
    assert_number("SELECT units FROM sales WHERE item = 'A'", 3);
    assert_text("SELECT \"before\" || '>' || \"after\" || '@' || item FROM findings WHERE kind = "
                "'duplicate'",
                "1.0, 3.0>3.0@A");
    assert_text("SELECT \"row\"[-9:] FROM findings", "d.csv:2,4");
    skuai_ingest_options sum = {.duplicates = SKUAI_DUPLICATES_SUM};
    skua_text_free(ingest_with("sales", file_write("d.csv", text), sum));
    assert_number("SELECT units FROM sales WHERE item = 'A'", 4);
    assert_number("SELECT price FROM sales WHERE item = 'A'", 17.5);
    skuai_ingest_options first = {.duplicates = SKUAI_DUPLICATES_FIRST};
    skua_text_free(ingest_with("sales", file_write("d.csv", text), first));
    assert_number("SELECT units FROM sales WHERE item = 'A'", 1);
    assert_number("SELECT count(*) FROM sales", 2);
}

static void extras_and_described(void **state) {
    (void)state;
    ingest("sales",
           file_write("e.csv",
                      "item,date,units,Is Promo,Temp(C),title,category,stockout_hours_6_21\n"
                      "A,2024-01-01,1,TRUE,3.5,Green tea,tea/green,4\n"
                      "A,2024-01-02,2,FALSE,oops,Green tea,tea/green,0\n"
                      "A,2024-01-03,2,FALSE,4,Green tea,tea/green,16\n"
                      "A,2024-01-04,2,FALSE,4,Green tea,tea/green,\n"
                      "A,2024-01-05,2,FALSE,4,Green tea,tea/green,\n"
                      "A,2024-01-06,2,FALSE,4,Green tea,tea/green,\n"
                      "A,2024-01-07,2,FALSE,4,Green tea,tea/green,\n"
                      "A,2024-01-08,2,FALSE,4,Green tea,tea/green,\n"
                      "A,2024-01-09,2,FALSE,4,Green tea,tea/green,\n"
                      "A,2024-01-10,2,FALSE,4,Green tea,tea/green,\n"));
    assert_number("SELECT sum(is_promo) FROM sales", 1);
    assert_number("SELECT sum(temp_c) FROM sales", 3.5 + 8 * 4);
    assert_number("SELECT available FROM sales WHERE ds = TIMESTAMP '2024-01-01'", 0.75);
    assert_number("SELECT count(available) FROM sales", 3);
    assert_number("SELECT line FROM rejects", 3); /* noted, and the row kept */
    assert_text("SELECT why FROM rejects",
                "temp_c 'oops' is not a number; the row was kept without it");
    assert_text("SELECT title || '|' || category FROM items", "Green tea|tea/green");
    assert_number("SELECT rows FROM item_names", 10);
    ingest("items", file_write("i.csv", "sku,name,brand,weight\nA,Sencha,Hill,0.25\n"));
    assert_text("SELECT title || '|' || category || '|' || brand || '|' || extras FROM items",
                "Sencha|tea/green|Hill|{\"weight\":0.25}");
    ingest("sales", file_write("f.csv", "item,date,units,title\nA,2024-01-11,2,Tea again\n"));
    assert_text("SELECT title FROM items", "Sencha"); /* a file of items knows better */
    assert_number("SELECT count(*) FROM item_names", 2);
}

static void mappings(void **state) {
    (void)state;
    const char *path = file_write("m.csv", "Warengruppe;Nummer;Tag;Menge;Preis\n"
                                           "10;007;31.01.2024;1.234,5;2,5\n"
                                           "20;008;1.2.2024;3;-\n");
    const char *const map[] = {"sales.item=Warengruppe+Nummer", "units=Menge", "price=Preis",
                               "orders.item=nothing"};
    skuai_ingest_options options = {.mapping = map, .n_mapping = 4, .dry_run = true};
    char *report = ingest_with("sales", path, options);
    assert_non_null(strstr(report, "\"delimiter\":\";\",\"decimal\":\",\""));
    assert_non_null(strstr(report, "would be ingested"));
    assert_non_null(strstr(report, "\"form\":\"day/month/year\""));
    skua_text_free(report);
    assert_number("SELECT count(*) FROM sales", 0);
    options.dry_run = false;
    skua_text_free(ingest_with("sales", path, options));
    assert_number("SELECT units FROM sales WHERE item = '10/007' AND ds = TIMESTAMP '2024-01-31'",
                  1234.5);
    assert_number("SELECT count(*) FROM sales WHERE price IS NULL AND ds = TIMESTAMP '2024-02-01'",
                  1);
    skua_error err;
    const char *const bad[] = {"colour=Preis"};
    options = (skuai_ingest_options){.mapping = bad, .n_mapping = 1};
    assert_int_equal(try_ingest("sales", path, options, NULL, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "colour"));
    const char *const absent[] = {"item=Number"};
    options.mapping = absent;
    assert_int_equal(try_ingest("sales", path, options, NULL, &err), SKUA_EINVAL);
    assert_non_null(strstr(err.message, "no column 'Number'"));
}

static void mapping_of_settings(void **state) {
    (void)state;
    char path[400];
    (void)snprintf(path, sizeof path, "%s/skua.yaml", shop);
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_true(fputs("columns:\n  sales:\n    item: [Gruppe, Nr]\n    units: Menge\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    ingest("sales", file_write("m.csv", "Gruppe,Nr,Tag,Menge\n1,2,2024-01-31,5\n"));
    assert_number("SELECT units FROM sales WHERE item = '1/2'", 5);
    ingest("sales", file_write("n.csv", "item,date,units\nX,2024-01-31,6\n")); /* another layout */
    assert_number("SELECT units FROM sales WHERE item = 'X'", 6);
}

static void encodings(void **state) {
    (void)state;
    static const unsigned char gb[] = "\xC8\xD5\xC6\xDA,\xC9\xCC\xC6\xB7,\xCF\xFA\xC1\xBF\n"
                                      "2024-01-01,\xC2\xCC\xB2\xE8,3\n"
                                      "2024-01-02,\xBA\xEC\xB2\xE8,4\n";
    ingest("sales", file_write_n("g.csv", gb, sizeof gb - 1));
    assert_number("SELECT sum(units) FROM sales WHERE item IN ('绿茶', '红茶')", 7);
    static const char latin[] = "item,date,units\nCaf\xE9,2024-01-01,5\nCr\xE8me,2024-01-01,5\n"
                                "G\xE2teau \xE0 la cr\xE8me br\xFBl\xE9"
                                "e,2024-01-01,5\n";
    ingest("sales", file_write("l.csv", latin));
    assert_number("SELECT count(*) FROM sales WHERE item IN ('Café', 'Crème')", 2);
    static const char ascii[] = "item,date,units\nwide,2024-01-01,9\n";
    char wide[2 * sizeof ascii] = "\xFF\xFE";
    for (size_t i = 0; i + 1 < sizeof ascii; i++)
        wide[2 + 2 * i] = ascii[i], wide[3 + 2 * i] = '\0';
    ingest("sales", file_write_n("w.csv", wide, 2 * sizeof ascii));
    assert_number("SELECT units FROM sales WHERE item = 'wide'", 9);
    ingest("sales", file_write("b.csv", "\xEF\xBB\xBFitem,date,units\r\nmark,2024-01-01,8\r\n"));
    assert_number("SELECT units FROM sales WHERE item = 'mark'", 8);
    ingest("sales", file_write("r.csv", "item,date,units\rmac,2024-01-01,2\rmac,2024-01-02,3\r"));
    assert_number("SELECT sum(units) FROM sales WHERE item = 'mac'", 5);
    assert_text("SELECT string_agg(DISTINCT item, ',' ORDER BY item) FROM sales WHERE item < 'D'",
                "Café,Crème");
}

static void formats(void **state) {
    (void)state;
    char path[400];
    (void)snprintf(path, sizeof path, "%s/z.csv.gz", folder);
    gzFile zip = gzopen(path, "wb");
    assert_non_null(zip);
    assert_true(gzputs(zip, sales_csv) > 0);
    assert_int_equal(gzclose(zip), Z_OK);
    ingest("sales", path);
    assert_number("SELECT count(*) FROM sales", 4);
    ingest("sales",
           file_write("j.json", "[{\"item\": \"J\", \"ds\": \"2024-01-01\", \"y\": 2.5}, "
                                "{\"item\": \"J\", \"ds\": \"2024-01-02\", \"y\": null}]"));
    ingest("sales",
           file_write("j.ndjson", "{\"item\": \"N\", \"ds\": \"2024-01-01\", \"y\": 4}\n"
                                  "{\"item\": \"N\", \"ds\": \"2024-01-02\", \"y\": 5}\n"));
    assert_number("SELECT sum(units) FROM sales WHERE item IN ('J', 'N')", 11.5);
    skua_error err;
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    char sql[600];
    (void)snprintf(sql, sizeof sql,
                   "COPY (SELECT 'P' AS sku, DATE '2024-01-01' + i::INT AS date, i AS units FROM "
                   "range(100) t(i)) TO '%s/p.parquet' (FORMAT parquet)",
                   folder);
    assert_ok(skuai_store_execute(store, sql, &err), &err);
    skuai_store_close(store);
    (void)snprintf(path, sizeof path, "%s/p.parquet", folder);
    ingest("sales", path);
    assert_number("SELECT sum(units) FROM sales WHERE item = 'P'", 4950);
    ingest("sales", file_write("q.tsv", "item\tdate\tunits\n\"a \"\"b\"\"\tc\"\t2024-01-01\t1\n"));
    assert_number("SELECT count(*) FROM sales WHERE item = 'a \"b\"\tc'", 1);
    ingest("sales", file_write("wide.csv", "item_id,store_id,2011-01,2011-02,2011-03\nW,x,1,,3\n"));
    assert_number("SELECT sum(units) FROM sales WHERE item = 'W'", 4);
    assert_number("SELECT count(*) FROM sales WHERE item = 'W' AND units IS NULL", 1);
    skuai_ingest_options start = {.start = "2011-01-29"};
    skua_text_free(ingest_with("sales", file_write("d.csv", "id,d_1,d_2,d_3\nD,1,2,3\n"), start));
    assert_number("SELECT units FROM sales WHERE item = 'D' AND ds = TIMESTAMP '2011-01-30'", 2);
}

static void folders_and_patterns(void **state) {
    (void)state;
    (void)file_write("a1.csv", "item,date,units\nA,2024-01-01,1\n");
    (void)file_write("a2.csv", "item,date,units\nA,2024-01-02,2\n");
    (void)file_write("notes.md", "not a table");
    char path[400];
    (void)snprintf(path, sizeof path, "%s/a*.csv", folder);
    ingest("sales", path);
    assert_number("SELECT sum(units) FROM sales", 3);
    assert_number("SELECT count(*) FROM sales WHERE known_at IS NOT NULL", 0);
    char *report = ingest_with("sales", folder, (skuai_ingest_options){0});
    assert_non_null(strstr(report, "\"skipped\":2"));
    skua_text_free(report);
    char odd[400];
    (void)snprintf(odd, sizeof odd, "%s/odd [1]*", folder);
    assert_int_equal(mkdir(odd, 0777), 0);
    (void)file_write("odd [1]*/b.csv", "item,date,units\nB,2024-01-02,2\n");
    ingest("sales", odd);
    assert_number("SELECT count(*) FROM sales", 3);
    (void)snprintf(path, sizeof path, "%s/b*.csv", folder);
    assert_refused("sales", path, SKUA_ENOTFOUND, "no file fits");
}

static void standard_input(void **state) {
    (void)state;
    const char *path = file_write("in.csv", sales_csv);
    int keep = dup(STDIN_FILENO);
    assert_non_null(freopen(path, "rb", stdin));
    ingest("sales", "-");
    assert_int_equal(dup2(keep, STDIN_FILENO), STDIN_FILENO);
    (void)close(keep);
    assert_number("SELECT count(*) FROM sales", 4);
    assert_text("SELECT path FROM ingested", "standard input");
}

static void day_and_month(void **state) {
    (void)state;
    skuai_buffer text;
    skuai_buffer_init(&text, 1 << 24);
    (void)skuai_buffer_text(&text, "item,date,units\n"); /* the sample sees days up to 12 alone */
    for (int i = 0; i < 4000; i++)
        (void)skuai_buffer_format(&text, "I%d,%02d/%02d/2024,1\n", i, i % 12 + 1, i % 7 + 1);
    (void)skuai_buffer_text(&text, "Z,03/25/2024,1\nbad,25/03/2024,1\nBAD,2024-03-25,1\n");
    skua_error error = {0};
    skuai_buffer none;
    skuai_buffer_init(&none, 1 << 20);
    skuai_ingest_file file = {.table = "sales", .path = file_write("us.csv", text.data)};
    skuai_ingest_options mixed = {.files = &file, .n_files = 1};
    skuai_store *store = shop_open(SKUAI_STORE_WRITE);
    assert_int_equal(skuai_ingest(store, &mixed, NULL, &none, &error), SKUA_EDATA);
    skuai_store_close(store);
    assert_non_null(strstr(error.message, "mixes two orders of dates: 25/03/2024 (line 4003)"));
    skuai_buffer_clear(&none);
    for (int i = 0; i < 20; i++)
        (void)skuai_buffer_format(&text, "Y%d,04/26/2024,1\n", i);
    const char *path = file_write("us2.csv", text.data);
    skuai_buffer_clear(&text);
    char *report = ingest_with("sales", path, (skuai_ingest_options){.again = true});
    assert_non_null(strstr(report, "\"form\":\"month/day/year\""));
    assert_non_null(strstr(report, "told apart by most values above 12"));
    assert_non_null(strstr(report, "\"rejected\":2"));
    skua_text_free(report);
    assert_text("SELECT why FROM rejects WHERE path LIKE '%us2.csv' AND text LIKE 'bad%'",
                "ds '25/03/2024' is not a date as the others: month/day/year");
    assert_number("SELECT count(*) FROM sales WHERE item = 'Z' AND ds = TIMESTAMP '2024-03-25'", 1);
    skuai_ingest_options serial = {0};
    skua_text_free(ingest_with(
        "sales", file_write("x.csv", "item,date,units\nS,45292,1\nS,45293,2\n"), serial));
    assert_number("SELECT units FROM sales WHERE item = 'S' AND ds = TIMESTAMP '2024-01-02'", 2);
}

static const char orders_csv[] =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    "1,A,LAMP,6,2010-12-01 08:26:00,2.5,17850.0,UK\n"
    "1,A,LAMP,6,2010-12-01 08:26:00,2.5,17850.0,UK\n" /* twice on purpose: they add up */
    "1,B,CUP,2,2010-12-01 08:26:00,1,17850.0,UK\n"
    "2,A,LAMP,1,2010-12-02 23:30:00,3,,UK\n"
    "C2,A,LAMP,-1,2010-12-05 10:00:00,3,,UK\n" /* of order 2: back to its day */
    "C9,B,CUP,-4,2010-12-05 10:00:00,1,,UK\n"; /* of nothing known: apart */

static void orders_in(void **state) {
    (void)state;
    ingest("orders", file_write("o.csv", orders_csv));
    assert_number("SELECT count(*) FROM orders", 6);
    assert_number("SELECT max(line) FROM orders WHERE \"order\" = '1'", 3);
    assert_text("SELECT DISTINCT \"user\" FROM orders WHERE \"order\" = '1'", "17850");
    assert_number("SELECT count(*) FROM orders WHERE kind = 'cancel' AND units < 0", 2);
    assert_number("SELECT units FROM order_hours WHERE item = 'A' AND ds::DATE = DATE '2010-12-01'",
                  12);
    assert_number("SELECT units FROM order_hours WHERE item = 'A' AND ds::DATE = DATE '2010-12-02'",
                  0);
    assert_number("SELECT sum(returned) FROM order_hours", 4);
    assert_number("SELECT sum(units) FROM order_hours", 14);
    assert_text("SELECT title FROM items WHERE item = 'B'", "CUP");
    /* a later export that overlaps: what is there is the same, the rest adds up */
    skuai_buffer text;
    skuai_buffer_init(&text, 4096);
    (void)skuai_buffer_format(&text, "%s1,A,LAMP,5,2010-12-01 08:26:00,2.5,17850.0,UK\n",
                              orders_csv);
    char *report = ingest_with("orders", file_write("p.csv", text.data), (skuai_ingest_options){0});
    skuai_buffer_clear(&text);
    assert_non_null(strstr(report, "\"added\":1,\"corrected\":0,\"unchanged\":6"));
    skua_text_free(report);
    assert_number("SELECT sum(units) FROM orders WHERE \"order\" = '1'", 19);
    assert_number("SELECT count(DISTINCT line) FROM orders WHERE \"order\" = '1'", 4);
}

static void orders_numbered(void **state) {
    (void)state;
    ingest("orders",
           file_write("o.csv",
                      "order_id,line,sku,qty,order_date,kind\n"
                      "1,1,A,2,2024-01-01T10:00:00,sale\n1,2,B,1,2024-01-01T10:00:00,sale\n"
                      "2,1,A,1,2024-01-02T10:00:00,sale\n2,1,A,4,2024-01-02T10:00:00,sale\n"));
    assert_number("SELECT sum(units) FROM orders", 2 + 1 + 4);
    assert_number("SELECT count(*) FROM findings WHERE kind = 'duplicate' AND \"table\" = 'orders'",
                  1);
    char *report = ingest_with("orders",
                               file_write("p.csv", "order_id,line,sku,qty,order_date,kind\n"
                                                   "1,1,A,3,2024-01-01T10:00:00,sale\n"
                                                   "1,2,B,1,2024-01-01T10:00:00,sale\n"
                                                   "1,3,C,1,2024-01-01T10:00:00,退货\n"),
                               (skuai_ingest_options){0});
    assert_non_null(strstr(report, "\"added\":1,\"corrected\":1,\"unchanged\":1"));
    skua_text_free(report);
    assert_number("SELECT sum(units) FROM orders WHERE \"order\" = '1'", 3 + 1 - 1);
    assert_number("SELECT count(*) FROM orders WHERE kind = 'return'", 1);
    assert_number("SELECT count(*) FROM orders", 4);
}

static void time_zones(void **state) {
    (void)state;
    ingest("channels",
           file_write("c.csv", "channel,time_zone\nsh,Asia/Shanghai\nny,America/New_York\n"));
    ingest("orders",
           file_write("o.csv", "order_id,channel,sku,qty,ts\n"
                               "1,sh,A,1,2024-03-01T17:00:00Z\n"      /* 01:00 on the 2nd */
                               "2,ny,A,1,2024-03-02T03:00:00+00:00\n" /* 22:00 on the 1st */
                               "3,sh,A,1,2024-03-05 23:30:00\n"));    /* the shop's clock */
    assert_number("SELECT count(*) FROM order_hours WHERE channel = 'sh' AND ds::DATE = "
                  "DATE '2024-03-02'",
                  1);
    assert_number("SELECT count(*) FROM order_hours WHERE channel = 'ny' AND ds::DATE = "
                  "DATE '2024-03-01'",
                  1);
    assert_number("SELECT count(*) FROM order_hours WHERE channel = 'sh' AND ds::DATE = "
                  "DATE '2024-03-05'",
                  1);
    assert_number("SELECT count(*) FROM orders WHERE ts = TIMESTAMPTZ '2024-03-05 15:30:00+00'", 1);
}

/* A zone that is set later moves the cut of the days, the next command on. */
static void time_zone_setting(void **state) {
    (void)state;
    skua_error err;
    ingest("orders", file_write("o.csv", "order_id,sku,qty,ts\n1,A,1,2024-03-01T17:00:00Z\n"));
    assert_number("SELECT count(*) FROM order_hours WHERE ds::DATE = DATE '2024-03-01'", 1);
    assert_ok(skuai_store_setting_set(shop, "time_zone", "Asia/Shanghai", &err), &err);
    skuai_store_close(shop_open(SKUAI_STORE_WRITE));
    assert_number("SELECT count(*) FROM order_hours WHERE ds::DATE = DATE '2024-03-02'", 1);
    assert_ok(skuai_store_setting_set(shop, "time_zone", "Asia/Atlantis", &err), &err);
    skuai_store *store = NULL;
    skuai_store_open_options options = {.mode = SKUAI_STORE_WRITE};
    assert_int_equal(skuai_store_open(shop, &options, &store, &err), SKUA_ECONFIG);
    assert_non_null(strstr(err.message, "Asia/Atlantis"));
}

static void other_tables(void **state) {
    (void)state;
    ingest("parts", file_write("pa.csv", "bundle,component,qty\nSET,A,2\nSET,B,1\n"));
    assert_number("SELECT sum(units) FROM parts", 3);
    ingest("promotions", file_write("pr.csv", "id,scope,channel,start,end,type,discount\n"
                                              "P1,\"A,B\",,2024-01-01,2024-01-07,sale,20%\n"
                                              "P1,\"A,B\",,2024-02-01,2024-02-07,sale,0.3\n"));
    assert_number("SELECT sum(depth) FROM promotions", 0.5);
    ingest(
        "supply",
        file_write("su.csv", "sku,warehouse,on_hand,lead_time_days,moq,colour\nA,w1,5,7,10,red\n"));
    assert_text("SELECT extras FROM supply", "{\"colour\":\"red\"}");
    ingest("events",
           file_write("ev.csv", "user_id,item_id,behavior_type,timestamp\nu,A,pv,1511544070\n"));
    assert_text("SELECT kind FROM events WHERE ts = TIMESTAMPTZ '2017-11-24 17:21:10+00'", "pv");
    ingest("events",
           file_write("e2.csv", "user_id,item_id,behavior_type,timestamp\nu,A,pv,1511544070\n"
                                "u,A,buy,1511544071\n"));
    assert_number("SELECT count(*) FROM events", 2);
    ingest("calendar",
           file_write("ca.csv", "date,name\n2024-02-10,春节\n2024-02-10,Lunar New Year\n"));
    assert_number("SELECT count(*) FROM calendar", 2);
    ingest("future",
           file_write("fu.csv", "item,ds,price,promo\nA,2024-05-01,9,1\nA,2024-05-02,9.5,0\n"));
    ingest("future", file_write("f2.csv", "item,ds,price\nA,2024-05-01,8\n"));
    assert_number("SELECT price * 10 + promo FROM future WHERE ds = TIMESTAMP '2024-05-01'", 81);
    assert_number("SELECT count(*) FROM future", 2);
    ingest(
        "items",
        file_write("i1.csv", "item,title,parent,replaces,launch_date\nA,Tea,PA,OLD,2024-01-05\n"));
    ingest("items", file_write("i2.csv", "item,title\nA,Tea 2\nB,Cup\nB,Mug\n"));
    assert_text("SELECT title || parent || replaces FROM items WHERE item = 'A'", "Tea 2PAOLD");
    assert_text("SELECT title FROM items WHERE item = 'B'", "Mug");
    assert_number("SELECT duplicates FROM ingested WHERE path LIKE '%i2.csv'", 1);
}

/* Killed at any moment, a command leaves files whole or not at all, and the next one goes on. */
static void killed(void **state) {
    (void)state;
    enum { FILES = 12, ROWS = 400 };
    for (int f = 0; f < FILES; f++) {
        char name[32];
        skuai_buffer text;
        skuai_buffer_init(&text, 1 << 24);
        (void)skuai_buffer_text(&text, "item,date,units\n");
        for (int i = 0; i < ROWS; i++)
            (void)skuai_buffer_format(&text, "I%d,2024-01-%02d,1\n", i, f + 1);
        (void)snprintf(name, sizeof name, "k%02d.csv", f);
        (void)file_write(name, text.data);
        skuai_buffer_clear(&text);
    }
    char pattern[400];
    (void)snprintf(pattern, sizeof pattern, "%s/k*.csv", folder);
    for (int attempt = 0; attempt < 4; attempt++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            skuai_ingest_file file = {.table = "sales", .path = pattern};
            skuai_ingest_options options = {.files = &file, .n_files = 1};
            skuai_store_open_options writing = {
                .mode = SKUAI_STORE_WRITE, .wait_seconds = 5, .threads = 2};
            skuai_store *store;
            skuai_buffer text;
            skuai_buffer_init(&text, 1 << 24);
            if (skuai_store_open(shop, &writing, &store, NULL) != SKUA_OK) _exit(3);
            skua_status status = skuai_ingest(store, &options, NULL, &text, NULL);
            _exit(status == SKUA_OK ? 0 : 4);
        }
        (void)usleep(40000 + 30000 * (unsigned)attempt);
        (void)kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        assert_number("SELECT count(*) FROM sales s",
                      number("SELECT coalesce(sum(rows), 0) FROM ingested"));
        assert_number(
            "SELECT count(*) FROM (SELECT item, ds FROM sales GROUP BY ALL HAVING count(*) > 1)",
            0);
    }
    ingest("sales", pattern);
    assert_number("SELECT count(*) FROM sales", FILES * ROWS);
    assert_number("SELECT count(*) FROM series", ROWS);
    assert_number("SELECT count(*) FROM sales_rows", FILES * ROWS);
}

/* Files of one command: what is known of the table is carried from file to file, so each of the
 * ways past the comparison with what is there must see what the files before it brought. */
static void many_files(void **state) {
    (void)state;
    static const char head[] = "sku,store,date,sales,price\n";
    static const char *const files[][2] = {
        {"d1.csv", "A,n,2024-01-05,1,9\nB,n,2024-01-05,2,9\n"},
        {"d2.csv", "A,n,2024-01-06,3,9\n"},                     /* behind all */
        {"d3.csv", "C,n,2024-01-02,4,9\n"},                     /* a new series, amid */
        {"d4.csv", "C,n,2024-01-02,5,9\nD,n,2024-01-06,6,9\n"}, /* corrects d3, a new series */
        {"d5.csv", "A,n,2024-01-06,8,9\nA,n,2024-01-07,1,9\n"}, /* corrects d2, the last day */
        {"d6.csv", "B,n,2024-01-07,2,9\nA,n,2024-01-05,1,9\n"}, /* a new day, an unchanged row */
        {"d7.csv", "A,n,2024-01-07,1,9\nA,n,2024-01-05,0,9\n"}, /* an unchanged one, a correction */
        {"d8.csv", "A,n,2024-01-07,1,9\nA,n,2024-01-05,0,9\n"}}; /* d7 again */
    static const char *const want[] = {"\"added\":2,\"corrected\":0,\"unchanged\":0",
                                       "\"added\":1,\"corrected\":0,\"unchanged\":0",
                                       "\"added\":1,\"corrected\":0,\"unchanged\":0",
                                       "\"added\":1,\"corrected\":1,\"unchanged\":0",
                                       "\"added\":1,\"corrected\":1,\"unchanged\":0",
                                       "\"added\":1,\"corrected\":0,\"unchanged\":1",
                                       "\"added\":0,\"corrected\":1,\"unchanged\":1",
                                       "already ingested"};
    char text[200], pattern[400];
    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(text, sizeof text, "%s%s", head, files[i][1]);
        (void)file_write(files[i][0], text);
    }
    (void)snprintf(pattern, sizeof pattern, "%s/d*.csv", folder);
    char *report = ingest_with("sales", pattern, (skuai_ingest_options){0}), *at = report;
    for (size_t i = 0; i < 8; i++) {
        at = strstr(at, files[i][0]);
        assert_non_null(at);
        char *next = i < 7 ? strstr(at, files[i + 1][0]) : NULL, *found = strstr(at, want[i]);
        assert_true(found && (!next || found < next));
        at++;
    }
    skua_text_free(report);
    assert_number("SELECT sum(units) FROM sales", 0 + 2 + 8 + 5 + 6 + 1 + 2);
    assert_number("SELECT count(*) FROM sales", 7);
    /* what a command brings makes no other row of it late; what corrects is known now */
    assert_number("SELECT count(*) FROM sales WHERE known_at IS NOT NULL", 3);
    /* the next command begins with what is there: late behind its series' last day, not another's
     */
    report = ingest_with("sales",
                         file_write("e.csv", "sku,store,date,sales\nC,n,2024-01-01,1\n"
                                             "C,n,2024-01-03,1\n"),
                         (skuai_ingest_options){0});
    assert_non_null(strstr(report, "\"added\":2,\"corrected\":0"));
    assert_non_null(strstr(report, "\"late\":1"));
    skua_text_free(report);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, shop_setup, shop_teardown)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sales_in),
        TEST(conventions),
        TEST(same_file_again),
        TEST(corrections),
        TEST(many_files),
        TEST(duplicates),
        TEST(extras_and_described),
        TEST(mappings),
        TEST(mapping_of_settings),
        TEST(encodings),
        TEST(formats),
        TEST(folders_and_patterns),
        TEST(standard_input),
        TEST(day_and_month),
        TEST(orders_in),
        TEST(orders_numbered),
        TEST(time_zones),
        TEST(time_zone_setting),
        TEST(other_tables),
        TEST(killed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
