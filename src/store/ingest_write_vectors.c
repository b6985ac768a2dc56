#include "store/ingest_write.h"

/* Embeddings that were made elsewhere: a row an item, modality and model; its values are a list of
 * numbers as text, "[0.1, 0.2]" or separated by blanks, semicolons or bars. */

/* The first row that is no vector, or no vector of its model's length, into err. */
static skua_status refuse_odd(skuai_write *write, const char *where, const char *why,
                              skua_error *err) {
    skuai_table *table;
    skuai_buffer sql;
    skuai_buffer_init(&sql, 4096);
    (void)skuai_buffer_format(&sql, "SELECT line, item FROM skuai_last %s ORDER BY line LIMIT 1",
                              where);
    skua_status status = skuai_store_query(write->store, sql.data, NULL, 0, &table, err);
    skuai_buffer_clear(&sql);
    SKUA_TRY(status);
    if (table->n_rows)
        status = skuai_error_set(err, SKUA_EDATA, "%s:%lld: the values of '%.60s' %s", write->path,
                                 (long long)table->columns[0].integers[0],
                                 table->columns[1].texts[0] ? table->columns[1].texts[0] : "", why);
    skuai_table_free(table);
    return status;
}

skua_status skuai_write_vectors(skuai_write *write, skua_error *err) {
    skuai_buffer sql;
    skua_status status;
    double last = 0, same = 0;
    skuai_buffer_init(&sql, 1 << 16);
    (void)skuai_buffer_format(
        &sql,
        "CREATE OR REPLACE TEMP TABLE skuai_last AS SELECT item, %s AS modality, %s AS model,"
        " TRY_CAST(string_split_regex(trim(\"values\", '[](){} '), '[,;| ]+') AS FLOAT[]) AS v,"
        " line FROM skuai_stage QUALIFY row_number() OVER (PARTITION BY item, 2, 3 ORDER BY line"
        " DESC) = 1",
        skuai_write_has(write, "modality") ? "coalesce(modality, 'text')" : "'text'",
        skuai_write_has(write, "model") ? "coalesce(model, 'given')" : "'given'");
    SKUA_TRY_OUT(skuai_write_run(write, &sql, NULL, err));
    SKUA_TRY_OUT(refuse_odd(write,
                            "WHERE v IS NULL OR len(v) = 0 OR len(list_filter(v, lambda x: x IS"
                            " NULL OR NOT isfinite(x))) > 0",
                            "are no list of numbers, as [0.1, -0.2]", err));
    SKUA_TRY_OUT(refuse_odd(write,
                            "JOIN (SELECT modality, model, mode(len(v)) AS n FROM skuai_last GROUP"
                            " BY ALL) m USING (modality, model) WHERE len(v) <> m.n",
                            "are not as many as those of the other items", err));
    SKUA_TRY_OUT(skuai_store_number(write->store, "SELECT count(*) FROM skuai_last", NULL, 0, &last,
                                    NULL, err));
    (void)skuai_buffer_text(
        &sql, "DELETE FROM skuai_last s USING vectors v WHERE v.item = s.item AND"
              " v.modality = s.modality AND v.model = s.model AND v.\"values\" = s.v");
    SKUA_TRY_OUT(skuai_write_run(write, &sql, &write->unchanged, err));
    (void)skuai_buffer_text(&sql,
                            "DELETE FROM vectors v USING skuai_last s WHERE v.item = s.item AND"
                            " v.modality = s.modality AND v.model = s.model");
    SKUA_TRY_OUT(skuai_write_run(write, &sql, &write->corrected, err));
    SKUA_TRY_OUT(
        skuai_store_number(write->store,
                           "SELECT count(*) FROM skuai_last s JOIN (SELECT modality, model,"
                           " any_value(len(\"values\")) AS n FROM vectors GROUP BY ALL) m"
                           " USING (modality, model) WHERE len(s.v) <> m.n",
                           NULL, 0, &same, NULL, err));
    if (same > 0) {
        status = skuai_error_set(err, SKUA_EDATA,
                                 "%s: its vectors have another length than those of the same model "
                                 "in the shop; give them a model's name of their own",
                                 write->path);
        goto out;
    }
    (void)skuai_buffer_text(&sql,
                            "INSERT INTO vectors SELECT item, modality, model, v FROM skuai_last");
    SKUA_TRY_OUT(skuai_write_run(write, &sql, &write->added, err));
    write->doubled = write->staged - (int64_t)last;
    write->added -= write->corrected;
out:
    skuai_buffer_clear(&sql);
    return status;
}
