/* The graph of items of the table item_links (written by skua cause) onto a panel. */
#include "store/panel_build.h"

#include <math.h>
#include <string.h>

/* One tie a pair, whichever way the effect goes: the surer one's. A tie's sureness is its value in
 * standard errors. */
#define TIES_SQL                                                                                   \
    "SELECT least(item, other), greatest(item, other), arg_max(kind, sure), max(sure) FROM"        \
    " (SELECT item, other, kind, abs(value) / error AS sure FROM item_links WHERE error > 0 AND"   \
    " item IS NOT NULL AND other IS NOT NULL AND kind IS NOT NULL)"                                \
    " WHERE isfinite(sure) AND sure > 0 GROUP BY 1, 2 ORDER BY 1, 2"

skua_status skuai_build_ties(skuai_panel_build *b, skuai_panel_builder *builder, skua_error *err) {
    double tables = 0;
    if (b->query->as_of) return SKUA_OK; /* nobody knows when a tie became known */
    SKUA_TRY(skuai_store_number(
        b->store, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'item_links'", NULL, 0,
        &tables, NULL, err));
    if (!(tables > 0)) return SKUA_OK;
    skuai_table *table = NULL;
    SKUA_TRY(skuai_store_query(b->store, TIES_SQL, NULL, 0, &table, err));
    skuai_named_tie *ties = skuai_new(table->n_rows + 1, sizeof *ties);
    skua_status status = ties ? SKUA_OK : skuai_error_memory(err, "the graph of items");
    for (size_t r = 0; r < table->n_rows && status == SKUA_OK; r++) {
        const skuai_column *c = table->columns;
        bool substitutes = strcmp(c[2].texts[r], "substitutes") == 0;
        ties[r] = (skuai_named_tie){c[0].texts[r], c[1].texts[r],
                                    substitutes ? SKUAI_LINK_SUBSTITUTE : SKUAI_LINK_COMPLEMENT,
                                    c[3].doubles[r]};
    }
    if (status == SKUA_OK) status = skuai_panel_builder_ties(builder, ties, table->n_rows, err);
    skuai_free(ties);
    skuai_table_free(table);
    return status;
}
