/* tree_file.h -- a tree model as files of a folder (private to room tree): tree.json, point.txt and
 * spread.txt. The same model gives the same bytes. */
#ifndef SKUA_TREE_TREE_FILE_H
#define SKUA_TREE_TREE_FILE_H

#include "tree/tree_model.h"

SKUA_MUST_USE skua_status skuai_tree_save(const skuai_model *model, const char *folder,
                                          skua_error *err);
SKUA_MUST_USE skua_status skuai_tree_load(const skuai_forecaster *self, const char *folder,
                                          skuai_model **model, skua_error *err);

#endif
