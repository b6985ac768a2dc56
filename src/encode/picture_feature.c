#include "encode/picture_feature.h"

#include <math.h>
#include <string.h>

enum {
    SIDE = SKUAI_PICTURE_FRAME,
    PIXELS = SIDE * SIDE,
    CELL = 8,
    CELLS = SIDE / CELL,
    ANGLES = 9,
    PATTERNS = 59,
    COLOUR_L = 6,
    COLOUR_AB = 7
};

/* How much a part counts, as the length of its piece of the vector. */
static const float weight_shape = 1, weight_texture = 0.5F, weight_colour = 0.7F,
                   weight_layout = 0.7F, weight_outline = 0.5F;

/* The frame, and room for its parts. */
typedef struct frame {
    unsigned char rgb[PIXELS * 3];
    float lab[PIXELS][3];                      /* L* 0 .. 100 */
    float light[PIXELS];                       /* L* / 100 */
    float cells[CELLS + 2][CELLS + 2][ANGLES]; /* with a margin that is thrown away */
    float energy[CELLS + 2][CELLS + 2];        /* with a margin that repeats the edge */
} frame;

static void scale_to(float *vector, size_t n, float length) {
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)vector[i] * (double)vector[i];
    if (!(squares > 1e-20)) return;
    float factor = (float)((double)length / sqrt(squares));
    for (size_t i = 0; i < n; i++)
        vector[i] *= factor;
}

static void square_roots(float *vector, size_t n) {
    for (size_t i = 0; i < n; i++)
        vector[i] = sqrtf(vector[i]);
}

/* -- CIE L*a*b* of sRGB, white D65 (IEC 61966-2-1; CIE 15) ------------------------------------- */

static float lab_curve(float t) {
    return t > 216.0F / 24389 ? cbrtf(t) : (24389.0F / 27 * t + 16) / 116;
}

/* Arrays, not the frame: gcc 12 takes a function that reads and writes one block at two strides
 * for one that writes nothing, and drops the call. */
static void fill_lab(const unsigned char *rgb, float (*lab)[3], float *light) {
    float linear[256];
    for (size_t i = 0; i < 256; i++) {
        double v = (double)i / 255;
        linear[i] = (float)(v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4));
    }
    for (size_t i = 0; i < PIXELS; i++) {
        float r = linear[rgb[3 * i]], g = linear[rgb[3 * i + 1]], b = linear[rgb[3 * i + 2]];
        float x = lab_curve((0.4124564F * r + 0.3575761F * g + 0.1804375F * b) / 0.95047F);
        float y = lab_curve(0.2126729F * r + 0.7151522F * g + 0.0721750F * b);
        float z = lab_curve((0.0193339F * r + 0.1191920F * g + 0.9503041F * b) / 1.08883F);
        lab[i][0] = 116 * y - 16;
        lab[i][1] = 500 * (x - y);
        lab[i][2] = 200 * (y - z);
        light[i] = lab[i][0] / 100;
    }
}

/* -- Shape ------------------------------------------------------------------------------------ */

static float light_at(const frame *f, int y, int x) { /* the edge repeats */
    y = y < 0 ? 0 : y >= SIDE ? SIDE - 1 : y;
    x = x < 0 ? 0 : x >= SIDE ? SIDE - 1 : x;
    return f->light[y * SIDE + x];
}

/* A gradient goes to the two nearest angles of the four nearest cells. */
static void vote(frame *f, int y, int x, float size, float angle) {
    float at = angle / 3.14159265F * ANGLES - 0.5F;
    int low = (int)floorf(at);
    float high_share = at - (float)low;
    int bins[2] = {(low + ANGLES) % ANGLES, (low + 1 + ANGLES) % ANGLES};
    float cy = ((float)y + 0.5F) / CELL + 0.5F, cx = ((float)x + 0.5F) / CELL + 0.5F;
    int iy = (int)cy, ix = (int)cx; /* cells are numbered from 1 */
    float wy = cy - (float)iy, wx = cx - (float)ix;
    for (int k = 0; k < 4; k++) {
        float share = (k & 1 ? wy : 1 - wy) * (k & 2 ? wx : 1 - wx) * size;
        float *cell = f->cells[iy + (k & 1)][ix + (k >> 1)];
        cell[bins[0]] += share * (1 - high_share);
        cell[bins[1]] += share * high_share;
    }
}

static void fill_cells(frame *f) {
    memset(f->cells, 0, sizeof f->cells);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float dx = light_at(f, y, x + 1) - light_at(f, y, x - 1);
            float dy = light_at(f, y + 1, x) - light_at(f, y - 1, x);
            float size = sqrtf(dx * dx + dy * dy);
            if (!(size > 0)) continue;
            float angle = atan2f(dy, dx); /* without sign: modulo pi */
            vote(f, y, x, size, angle < 0 ? angle + 3.14159265F : angle);
        }
    for (int y = 0; y < CELLS + 2; y++)
        for (int x = 0; x < CELLS + 2; x++) {
            int cy = y < 1 ? 1 : y > CELLS ? CELLS : y, cx = x < 1 ? 1 : x > CELLS ? CELLS : x;
            float squares = 0;
            for (int k = 0; k < ANGLES; k++)
                squares += f->cells[cy][cx][k] * f->cells[cy][cx][k];
            f->energy[y][x] = squares;
        }
}

static void put_shape(frame *f, float *out) {
    fill_cells(f);
    for (int y = 1; y <= CELLS; y++)
        for (int x = 1; x <= CELLS; x++, out += ANGLES + 4)
            for (int k = 0; k < 4; k++) { /* the four squares of 2 x 2 cells that hold this one */
                int top = y - 1 + (k & 1), left = x - 1 + (k >> 1);
                float norm = sqrtf(f->energy[top][left] + f->energy[top + 1][left] +
                                   f->energy[top][left + 1] + f->energy[top + 1][left + 1] + 0.05F);
                float sum = 0;
                for (int a = 0; a < ANGLES; a++) {
                    float value = f->cells[y][x][a] / norm;
                    if (value > 0.2F) value = 0.2F;
                    out[a] += value / 2;
                    sum += value;
                }
                out[ANGLES + k] = 0.2357F * sum;
            }
}

/* -- Texture ---------------------------------------------------------------------------------- */

/* Numbers of the 58 patterns with at most two changes around the circle; all others share one. */
static void number_patterns(unsigned char numbers[256]) {
    unsigned char next = 0;
    for (unsigned v = 0; v < 256; v++) {
        unsigned changes = 0, turned = v ^ ((v >> 1) | ((v & 1) << 7));
        for (; turned; turned &= turned - 1)
            changes++;
        numbers[v] = changes <= 2 ? next++ : PATTERNS - 1;
    }
}

static void put_texture(const frame *f, float *out) {
    static const int around[8][2] = {{-1, -1}, {-1, 0}, {-1, 1}, {0, 1},
                                     {1, 1},   {1, 0},  {1, -1}, {0, -1}};
    unsigned char numbers[256];
    number_patterns(numbers);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float centre = f->light[y * SIDE + x] + 0.02F; /* flat stays flat under noise */
            unsigned code = 0;
            for (unsigned k = 0; k < 8; k++)
                if (light_at(f, y + around[k][0], x + around[k][1]) > centre) code |= 1U << k;
            int quarter = y / (SIDE / 2) * 2 + x / (SIDE / 2);
            out[quarter * PATTERNS + numbers[code]] += 1;
        }
    square_roots(out, SKUAI_PICTURE_TEXTURE);
}

/* -- Colour and layout ------------------------------------------------------------------------ */

/* Place on an axis of n points: the one below, and the share of the one above. */
static int place(float value, float low, float high, int n, float *share) {
    float at = (value - low) / (high - low) * (float)(n - 1);
    at = at < 0 ? 0 : at > (float)(n - 1) ? (float)(n - 1) : at;
    int below = (int)at;
    if (below > n - 2) below = n - 2;
    *share = at - (float)below;
    return below;
}

static void put_colour(const frame *f, float *out) {
    for (size_t i = 0; i < PIXELS; i++) {
        float share[3];
        int at[3] = {place(f->lab[i][0], 0, 100, COLOUR_L, &share[0]),
                     place(f->lab[i][1], -60, 60, COLOUR_AB, &share[1]),
                     place(f->lab[i][2], -60, 60, COLOUR_AB, &share[2])};
        for (int k = 0; k < 8; k++) {
            float value = 1;
            int bin = 0;
            for (int c = 0; c < 3; c++) {
                int up = k >> c & 1;
                value *= up ? share[c] : 1 - share[c];
                bin = bin * (c ? COLOUR_AB : COLOUR_L) + at[c] + up;
            }
            out[bin] += value;
        }
    }
    square_roots(out, SKUAI_PICTURE_COLOUR);
}

static void put_layout(const frame *f, float *out) {
    static const float scale[3] = {1.0F / 100, 1.0F / 60, 1.0F / 60};
    for (size_t i = 0; i < PIXELS; i++) {
        size_t cell = i / SIDE / CELL * CELLS + i % SIDE / CELL;
        for (size_t c = 0; c < 3; c++)
            out[cell * 3 + c] += f->lab[i][c] * scale[c] / (CELL * CELL);
    }
}

/* -- Outline ---------------------------------------------------------------------------------- */

/* The mean colour of the frame's border. */
static void border_colour(const frame *f, float colour[3]) {
    double sums[3] = {0};
    size_t n = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        size_t y = i / SIDE, x = i % SIDE;
        if (y > 0 && y < SIDE - 1 && x > 0 && x < SIDE - 1) continue;
        for (size_t c = 0; c < 3; c++)
            sums[c] += (double)f->lab[i][c];
        n++;
    }
    for (size_t c = 0; c < 3; c++)
        colour[c] = (float)(sums[c] / (double)n);
}

static void put_outline(const frame *f, const skuai_picture *picture, float *out) {
    float border[3];
    size_t low_x = SIDE, high_x = 0, low_y = SIDE, high_y = 0, inside = 0;
    border_colour(f, border);
    for (size_t i = 0; i < PIXELS; i++) {
        float squares = 0;
        for (size_t c = 0; c < 3; c++)
            squares += (f->lab[i][c] - border[c]) * (f->lab[i][c] - border[c]);
        float stands = squares / (squares + 15 * 15); /* half at a difference of 15 */
        size_t y = i / SIDE, x = i % SIDE;
        out[y / CELL * CELLS + x / CELL] += stands / (CELL * CELL);
        if (stands < 0.5F) continue;
        inside++;
        if (x < low_x) low_x = x;
        if (x > high_x) high_x = x;
        if (y < low_y) low_y = y;
        if (y > high_y) high_y = y;
    }
    float width = inside ? (float)(high_x + 1 - low_x) / SIDE : 1;
    float height = inside ? (float)(high_y + 1 - low_y) / SIDE : 1;
    float proportion =
        logf((float)picture->whole_width / (float)picture->whole_height); /* of the file */
    float *shape = out + (size_t)CELLS * CELLS;
    shape[0] = proportion;
    shape[1] = proportion + logf(width / height); /* of what stands out */
    shape[2] = width;
    shape[3] = height;
    shape[4] = (float)inside / PIXELS;
    shape[5] = (float)inside / PIXELS / (width * height);
}

/* -- Together --------------------------------------------------------------------------------- */

skua_status skuai_picture_describe(const skuai_picture *picture, float *vector, skua_error *err) {
    frame *f = skuai_new(1, sizeof *f);
    if (!f) return skuai_error_memory(err, "a picture's features");
    skua_status status =
        skuai_picture_resize(picture, SIDE, SIDE, SKUAI_FILTER_BILINEAR, f->rgb, err);
    if (status == SKUA_OK) {
        memset(vector, 0, SKUAI_PICTURE_WIDTH * sizeof *vector);
        fill_lab(f->rgb, f->lab, f->light);
        float *at = vector;
        put_shape(f, at);
        scale_to(at, SKUAI_PICTURE_SHAPE, weight_shape);
        put_texture(f, at += SKUAI_PICTURE_SHAPE);
        scale_to(at, SKUAI_PICTURE_TEXTURE, weight_texture);
        put_colour(f, at += SKUAI_PICTURE_TEXTURE);
        scale_to(at, SKUAI_PICTURE_COLOUR, weight_colour);
        put_layout(f, at += SKUAI_PICTURE_COLOUR);
        scale_to(at, SKUAI_PICTURE_LAYOUT, weight_layout);
        put_outline(f, picture, at += SKUAI_PICTURE_LAYOUT);
        scale_to(at, SKUAI_PICTURE_OUTLINE, weight_outline);
        scale_to(vector, SKUAI_PICTURE_WIDTH, 1);
    }
    skuai_free(f);
    return status;
}

/* -- The hash --------------------------------------------------------------------------------- */

enum { HASH_SIDE = 32, HASH_BANDS = 8 };

/* Low frequencies [8, 8] of the brightness [32, 32]: rows u are vertical. */
static void frequencies(const unsigned char *rgb, double *low) {
    double basis[HASH_BANDS][HASH_SIDE], rows[HASH_SIDE][HASH_BANDS];
    for (size_t u = 0; u < HASH_BANDS; u++)
        for (size_t x = 0; x < HASH_SIDE; x++)
            basis[u][x] = cos(3.14159265358979323846 * (double)u * ((double)x + 0.5) / HASH_SIDE);
    for (size_t y = 0; y < HASH_SIDE; y++)
        for (size_t u = 0; u < HASH_BANDS; u++) {
            rows[y][u] = 0;
            for (size_t x = 0; x < HASH_SIDE; x++) {
                const unsigned char *p = rgb + (y * HASH_SIDE + x) * 3;
                rows[y][u] += basis[u][x] * (0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]);
            }
        }
    for (size_t v = 0; v < HASH_BANDS; v++)
        for (size_t u = 0; u < HASH_BANDS; u++) {
            low[v * HASH_BANDS + u] = 0;
            for (size_t y = 0; y < HASH_SIDE; y++)
                low[v * HASH_BANDS + u] += basis[v][y] * rows[y][u];
        }
}

/* The median of the 63 frequencies but the mean. */
static double median_of(const double *low) {
    double sorted[HASH_BANDS * HASH_BANDS];
    size_t n = 0;
    for (size_t i = 1; i < (size_t)HASH_BANDS * HASH_BANDS; i++) {
        size_t at = n++;
        for (; at > 0 && sorted[at - 1] > low[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = low[i];
    }
    return sorted[n / 2];
}

skua_status skuai_picture_hash(const skuai_picture *picture, uint64_t *hash, skua_error *err) {
    unsigned char rgb[HASH_SIDE * HASH_SIDE * 3];
    double low[HASH_BANDS * HASH_BANDS];
    SKUA_TRY(skuai_picture_resize(picture, HASH_SIDE, HASH_SIDE, SKUAI_FILTER_LANCZOS, rgb, err));
    frequencies(rgb, low);
    double median = median_of(low);
    uint64_t bits = 0;
    for (size_t i = 1; i < (size_t)HASH_BANDS * HASH_BANDS; i++)
        if (low[i] > median) bits |= (uint64_t)1 << i;
    *hash = bits;
    return SKUA_OK;
}
