#include "automl/configured.h"

#include "automl/preparation.h"

#include <stdio.h>
#include <string.h>

/* Cut a specification at its colons and equal signs; text is overwritten. False: not of the form.
 */
static bool split(char *text, skuai_parameter *items, size_t *n) {
    *n = 0;
    for (char *at = strchr(text, ':'); at;) {
        char *next = strchr(at + 1, ':'), *value = strchr(at + 1, '=');
        if (!value || (next && value > next) || value == at + 1 || value[1] == '\0' ||
            value + 1 == next || *n == SKUAI_SPECIFICATION_PARAMETERS)
            return false;
        *at = *value = '\0';
        if (next) *next = '\0';
        items[(*n)++] = (skuai_parameter){at + 1, value + 1};
        at = next;
    }
    return true;
}

/* The parameters of a specification that are the model's own, and its preparation. text
 * [SKUAI_SPECIFICATION_SIZE] and items hold them. */
static skua_status read_parts(const skuai_configured *c, char *text, skuai_parameter *items,
                              skuai_parameters *own, skuai_preparation *preparation, bool *any,
                              skua_error *err) {
    *own = (skuai_parameters){.items = items};
    memcpy(text, c->text, SKUAI_SPECIFICATION_SIZE);
    (void)split(text, items, &own->n);
    SKUA_TRY(skuai_preparation_read(own, preparation, any, err));
    size_t n = 0;
    for (size_t i = 0; i < own->n; i++)
        if (!skuai_preparation_owns(items[i].name)) items[n++] = items[i];
    own->n = n;
    return SKUA_OK;
}

static skua_status configured_fit(const skuai_forecaster *self, const skuai_panel *panel,
                                  const skuai_parameters *parameters, const skuai_context *context,
                                  skuai_model **model, skua_error *err) {
    const skuai_configured *c = self->data;
    char text[SKUAI_SPECIFICATION_SIZE];
    skuai_parameter items[SKUAI_SPECIFICATION_PARAMETERS];
    skuai_parameters own;
    skuai_preparation preparation;
    bool prepared;
    (void)parameters; /* they are fixed */
    SKUA_TRY(read_parts(c, text, items, &own, &preparation, &prepared, err));
    if (!prepared) return c->inner.fit(&c->inner, panel, &own, context, model, err);
    return skuai_prepared_fit(&preparation, &c->inner, panel, &own, context, model, err);
}

static skua_status configured_load(const skuai_forecaster *self, const char *folder,
                                   skuai_model **model, skua_error *err) {
    const skuai_configured *c = self->data;
    char text[SKUAI_SPECIFICATION_SIZE];
    skuai_parameter items[SKUAI_SPECIFICATION_PARAMETERS];
    skuai_parameters own;
    skuai_preparation preparation;
    bool prepared;
    SKUA_TRY(read_parts(c, text, items, &own, &preparation, &prepared, err));
    if (!prepared) return c->inner.load(&c->inner, folder, model, err);
    return skuai_prepared_load(&preparation, &c->inner, folder, model, err);
}

skua_status skuai_configured_make(const char *specification, skuai_forecaster_find find,
                                  skuai_configured *configured, skuai_forecaster *forecaster,
                                  skua_error *err) {
    char text[SKUAI_SPECIFICATION_SIZE];
    skuai_parameter items[SKUAI_SPECIFICATION_PARAMETERS];
    skuai_forecaster found;
    size_t n;
    if (strlen(specification) >= sizeof text)
        return skuai_error_set(err, SKUA_ECONFIG, "'%.80s...' is longer than %d characters",
                               specification, SKUAI_SPECIFICATION_SIZE - 1);
    memcpy(text, specification, strlen(specification) + 1);
    if (!split(text, items, &n))
        return skuai_error_set(err, SKUA_ECONFIG,
                               "'%.120s' is not of the form NAME:parameter=value:...",
                               specification);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(items[i].name, items[k].name) == 0)
                return skuai_error_set(err, SKUA_ECONFIG, "'%.120s' gives %s twice", specification,
                                       items[i].name);
    text[strcspn(text, ":")] = '\0';
    SKUA_TRY(find(text, &found, err));
    if (n == 0) {
        *forecaster = found;
        return SKUA_OK;
    }
    skuai_preparation preparation;
    bool prepared;
    SKUA_TRY(skuai_preparation_read(&(skuai_parameters){items, n}, &preparation, &prepared, err));
    configured->inner = found;
    if (prepared) skuai_prepared_table(&found);
    memcpy(configured->text, specification, strlen(specification) + 1);
    found.name = configured->text;
    found.fit = configured_fit;
    if (found.load) found.load = configured_load;
    found.data = configured;
    *forecaster = found;
    return SKUA_OK;
}
