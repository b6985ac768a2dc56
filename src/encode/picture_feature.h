/* picture_feature.h -- a picture's vector without any download: colour, texture, shape and layout
 * (room encode).
 *
 * The picture is laid on a frame of 64 x 64 pixels and described by parts, each scaled to its
 * weight, the whole to length 1:
 *     shape    histograms of oriented gradients in 8 x 8 cells [1], each cell normalised by the
 *              four squares of cells around it, with the four energies [2]
 *     texture  uniform local binary patterns in 2 x 2 quarters [3], as square roots
 *     colour   a joint histogram of CIE L*a*b*, 6 x 7 x 7 bins, soft, as square roots
 *     layout   the means of L*a*b* in 8 x 8 cells
 *     outline  how far 8 x 8 cells stand out from the colour of the frame's border, and the
 *              picture's proportions and those of what stands out
 * Square roots of histograms make products of vectors Bhattacharyya's coefficient [4]. Nothing is
 * learnt and nothing is random: the same pixels give the same bits.
 *
 * [1] Dalal & Triggs 2005. [2] Felzenszwalb et al. 2010, section 6. [3] Ojala, Pietikainen &
 * Maenpaa 2002. [4] Arandjelovic & Zisserman 2012. */
#ifndef SKUA_ENCODE_PICTURE_FEATURE_H
#define SKUA_ENCODE_PICTURE_FEATURE_H

#include "encode/picture.h"

enum {
    SKUAI_PICTURE_FRAME = 64,
    SKUAI_PICTURE_SHAPE = 8 * 8 * 13,
    SKUAI_PICTURE_TEXTURE = 4 * 59,
    SKUAI_PICTURE_COLOUR = 6 * 7 * 7,
    SKUAI_PICTURE_LAYOUT = 8 * 8 * 3,
    SKUAI_PICTURE_OUTLINE = 8 * 8 + 6,
    SKUAI_PICTURE_WIDTH = SKUAI_PICTURE_SHAPE + SKUAI_PICTURE_TEXTURE + SKUAI_PICTURE_COLOUR +
                          SKUAI_PICTURE_LAYOUT + SKUAI_PICTURE_OUTLINE
};

/* The vector [SKUAI_PICTURE_WIDTH] of a picture. SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_picture_describe(const skuai_picture *picture, float *vector,
                                                 skua_error *err);

/* 64 bits that stay alike when a picture is scaled, compressed or made a little lighter: signs of
 * the 8 x 8 lowest frequencies of its brightness (a discrete cosine transform of 32 x 32 pixels)
 * against their median, without the mean itself (Zauner 2010). SKUA_ENOMEM. */
SKUA_MUST_USE skua_status skuai_picture_hash(const skuai_picture *picture, uint64_t *hash,
                                             skua_error *err);

#endif
