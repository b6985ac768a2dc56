/* demand_file.h -- the configuration of a net as text, shared by its file and its checkpoints
 * (private to room neural). */
#ifndef SKUA_NEURAL_DEMAND_FILE_H
#define SKUA_NEURAL_DEMAND_FILE_H

#include "core/json.h"
#include "neural/demand.h"

/* Append the configuration as a JSON object. */
SKUA_MUST_USE skua_status skuai_demand_config_text(const skuai_demand_config *config,
                                                   skuai_buffer *out, skua_error *err);

#endif
