#include "encode/subword_model.h"
#include "nn/safetensors.h"

#include <string.h>

static const char *const format = "skua-subword";
static const char *const version = "1";

void skuai_subword_free(skuai_subword *model) {
    if (!model) return;
    skuai_free(model->buckets);
    skuai_free(model->idf);
    skuai_free(model->directions);
    skuai_free(model->place);
    skuai_free(model);
}

skua_status skuai_subword_allocate(size_t width, size_t features, skuai_subword **model,
                                   skua_error *err) {
    skuai_subword *m = skuai_zero(1, sizeof *m);
    if (!m) return skuai_error_memory(err, "sub-word vectors");
    m->width = width;
    m->features = features;
    m->buckets = skuai_new(features, sizeof *m->buckets);
    m->idf = skuai_new(features, sizeof *m->idf);
    m->directions = skuai_new(features * width, sizeof *m->directions);
    m->place = skuai_new(SKUAI_SUBWORD_BUCKETS, sizeof *m->place);
    if (!m->buckets || !m->idf || !m->directions || !m->place) {
        skuai_subword_free(m);
        return skuai_error_memory(err, "sub-word vectors");
    }
    memset(m->place, 0xFF, SKUAI_SUBWORD_BUCKETS * sizeof *m->place);
    *model = m;
    return SKUA_OK;
}

skua_status skuai_subword_save(const skuai_subword *m, const char *path, skua_error *err) {
    float *buckets = skuai_new(m->features, sizeof *buckets);
    if (!buckets) return skuai_error_memory(err, "sub-word vectors");
    for (size_t f = 0; f < m->features; f++)
        buckets[f] = (float)m->buckets[f]; /* below 2^20: exact */
    skuai_safetensors_pair texts[] = {{"format", format}, {"version", version}};
    skuai_safetensors_array arrays[] = {
        {"buckets", SKUAI_SAFETENSORS_F32, 1, {m->features, 1, 1, 1}, buckets},
        {"idf", SKUAI_SAFETENSORS_F32, 1, {m->features, 1, 1, 1}, m->idf},
        {"directions", SKUAI_SAFETENSORS_F32, 2, {m->features, m->width, 1, 1}, m->directions}};
    skua_status status = skuai_safetensors_write(path, texts, 2, arrays, 3, err);
    skuai_free(buckets);
    return status;
}

static skua_status read_model(skuai_safetensors *file, skuai_subword *m, float *buckets,
                              skua_error *err) {
    SKUA_TRY(skuai_safetensors_read(file, "buckets", m->features, buckets, err));
    SKUA_TRY(skuai_safetensors_read(file, "idf", m->features, m->idf, err));
    SKUA_TRY(
        skuai_safetensors_read(file, "directions", m->features * m->width, m->directions, err));
    for (size_t f = 0; f < m->features; f++) {
        bool fits = buckets[f] >= 0 && buckets[f] < SKUAI_SUBWORD_BUCKETS;
        m->buckets[f] = fits ? (uint32_t)buckets[f] : 0;
        if (!fits || (f > 0 && m->buckets[f] <= m->buckets[f - 1]))
            return skuai_error_set(err, SKUA_EDATA, "sub-word vectors: buckets out of order");
        m->place[m->buckets[f]] = (int32_t)f;
    }
    return SKUA_OK;
}

static skua_status read_checked(skuai_safetensors *file, skuai_subword **model, skua_error *err) {
    const char *kind = skuai_safetensors_text(file, "format");
    const char *its_version = skuai_safetensors_text(file, "version");
    const skuai_safetensors_tensor *d = skuai_safetensors_find(file, "directions");
    if (!kind || strcmp(kind, format) != 0 || !its_version)
        return skuai_error_set(err, SKUA_EDATA, "not a file of sub-word vectors");
    if (strcmp(its_version, version) != 0)
        return skuai_error_set(err, SKUA_EVERSION, "sub-word vectors of version %.20s",
                               its_version);
    if (!d || d->rank != 2 || d->shape[0] < 1 || d->shape[0] > SKUAI_SUBWORD_BUCKETS ||
        d->shape[1] < 1 || d->shape[1] > 512)
        return skuai_error_set(err, SKUA_EDATA, "sub-word vectors: bad shape of 'directions'");
    skuai_subword *m = NULL;
    SKUA_TRY(skuai_subword_allocate(d->shape[1], d->shape[0], &m, err));
    float *buckets = skuai_new(m->features, sizeof *buckets);
    skua_status status =
        buckets ? read_model(file, m, buckets, err) : skuai_error_memory(err, "sub-word vectors");
    skuai_free(buckets);
    if (status != SKUA_OK) {
        skuai_subword_free(m);
        return status;
    }
    *model = m;
    return SKUA_OK;
}

skua_status skuai_subword_load(const char *path, skuai_subword **model, skua_error *err) {
    skuai_safetensors *file = NULL;
    SKUA_TRY(skuai_safetensors_open(path, &file, err));
    skua_status status = read_checked(file, model, err);
    if (status != SKUA_OK) (void)skuai_error_prefix(err, status, "%s", path);
    skuai_safetensors_close(file);
    return status;
}
