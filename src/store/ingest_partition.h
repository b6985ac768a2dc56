/* ingest_partition.h -- what the folders of a partitioned data set say of its files (room store,
 * private): .../channel=web/year=2024/part-0.parquet holds rows of channel web, as Hive, Spark and
 * DuckDB write them. Such a column stands in no line of the file; it is one more column of it, of
 * one value, for whatever role its name fits. What fits no role (year, where rows have dates) is
 * left alone. */
#ifndef SKUA_STORE_INGEST_PARTITION_H
#define SKUA_STORE_INGEST_PARTITION_H

#include "core/alloc.h"

enum { SKUAI_PARTITIONS_MOST = 8 };

typedef struct skuai_partition {
    size_t n;
    const char *name[SKUAI_PARTITIONS_MOST]; /* in the arena, as all */
    const char *value[SKUAI_PARTITIONS_MOST];
} skuai_partition;

/* Of the folders in a path; %41 is A, and __HIVE_DEFAULT_PARTITION__ an empty value. */
SKUA_MUST_USE skua_status skuai_partition_read(const char *path, skuai_arena *arena,
                                               skuai_partition *partition, skua_error *err);

#endif
