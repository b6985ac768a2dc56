/* modality.h -- words of an item's text and regions of its picture that move its forecast (room
 * shop, private): each is left out in turn (occlusion: Zeiler & Fergus 2014, ECCV), the item is
 * encoded anew, and the model forecasts with that vector. The differences are what the model makes
 * of the rest without it; they need not sum to anything. */
#ifndef SKUA_SHOP_MODALITY_H
#define SKUA_SHOP_MODALITY_H

#include "explain/explain.h"
#include "shop/shop.h"

enum { SKUAI_OCCLUSION_MOST = 64, SKUAI_OCCLUSION_GRID = 4, SKUAI_OCCLUSION_NAME = 48 };

typedef struct skuai_occlusion_part {
    char name[SKUAI_OCCLUSION_NAME]; /* the word; of a picture "row 1, column 3" */
    double units; /* forecast over the horizon as it is, less that without the part */
} skuai_occlusion_part;

typedef struct skuai_occlusion {
    bool looked;        /* else `why` is empty or says why not */
    bool used;          /* the model's forecast depends on the vector at all */
    char why[512];      /* why it could not be looked at; "": the shop has no such vectors */
    const char *why_zh; /* the same in Chinese */
    size_t n, more;     /* parts, and words beyond those looked at */
    skuai_occlusion_part
        parts[SKUAI_OCCLUSION_MOST]; /* in order of the text; of a picture by rows */
    double forecast;                 /* units over the horizon as it is */
    double without;                  /* if nothing were known of it */
    bool reworded;                   /* other words were asked about: */
    double other;                    /* what would be forecast with them */
    char *picture;                   /* as data: URL for the page, owned; NULL: none or large */
} skuai_occlusion;

void skuai_occlusion_clear(skuai_occlusion *occlusion);
/* Units of the part that moves the forecast most; 0: none does. */
double skuai_occlusion_most(const skuai_occlusion *occlusion);

/* A model that is asked. */
typedef struct skuai_asked {
    const skua_shop *shop;
    const skuai_forecaster *forecaster;
    const skuai_model *model;
    const skuai_panel *panel;
    size_t series;
    const skuai_explain_options *options;
    const skuai_context *context;
} skuai_asked;

/* That something cannot be looked at (no vectors, another encoder, no picture) is told in `why`,
 * not a failure. reworded: the setting of that name is tried too; then what hinders it is a
 * failure. */
SKUA_MUST_USE skua_status skuai_occlude_words(const skuai_asked *asked, const char *reworded,
                                              skuai_occlusion *occlusion, skua_error *err);
SKUA_MUST_USE skua_status skuai_occlude_picture(const skuai_asked *asked,
                                                skuai_occlusion *occlusion, skua_error *err);

#endif
