/* simulate_catalogue.h -- what the simulated shop can sell: product types, words, brands, looks,
 * and the texts of an item in English and Chinese (room simulate, private). */
#ifndef SKUA_SIMULATE_SIMULATE_CATALOGUE_H
#define SKUA_SIMULATE_SIMULATE_CATALOGUE_H

#include "simulate/simulate_text.h"

#define SKUAI_DEPARTMENTS   8
#define SKUAI_TYPES         40
#define SKUAI_WORDS         28 /* the first SKUAI_WORDS_TELLING move demand, the others do not */
#define SKUAI_WORDS_TELLING 20
#define SKUAI_BRANDS        24
#define SKUAI_COLOURS       8
#define SKUAI_PATTERNS      4

typedef struct skuai_department {
    const char *english, *chinese;
    double weekend;        /* log lift of Saturday and Sunday */
    double year_amplitude; /* log */
    int year_peak;         /* day of the year */
    double gift;           /* how much festivals move it, 0.5 .. 1.5 */
    double pull_forward;   /* share of an uplift that is bought ahead */
    double returned;       /* share of units sent back */
} skuai_department;

typedef struct skuai_product_type {
    int department;
    const char *english, *chinese;
    double price; /* USD */
} skuai_product_type;

typedef struct skuai_word {
    const char *english, *chinese;
    double effect; /* on log demand, when in a title; in a description 0.6 of it */
} skuai_word;

typedef struct skuai_look {
    const char *name;
    double effect;                  /* on log demand */
    unsigned char red, green, blue; /* of a colour */
} skuai_look;

extern const skuai_department skuai_departments[SKUAI_DEPARTMENTS];
extern const skuai_product_type skuai_product_types[SKUAI_TYPES];
extern const skuai_word skuai_words[SKUAI_WORDS];
extern const char *const skuai_brands[SKUAI_BRANDS][2]; /* English, Chinese */
extern const skuai_look skuai_colours[SKUAI_COLOURS];
extern const skuai_look skuai_patterns[SKUAI_PATTERNS];

/* Share of a word's effect that it has in a description. */
#define SKUAI_DESCRIPTION_SHARE 0.6

#define SKUAI_ITEM_WORDS 5

/* What the texts of an item say. */
typedef struct skuai_item_text {
    int type, brand;
    bool chinese, bundle;
    int n_title, n_description;
    int title[SKUAI_ITEM_WORDS];       /* indices of words */
    int description[SKUAI_ITEM_WORDS]; /* further words */
    int variant;                       /* 0 none, else its number: "size 2" */
} skuai_item_text;

/* Append title, description (as CSV fields) or category path. */
void skuai_item_title(const skuai_item_text *text, skuai_buffer *buffer);
void skuai_item_description(const skuai_item_text *text, skuai_buffer *buffer);
void skuai_item_category(int type, bool chinese, skuai_buffer *buffer);

#endif
