#include "math/linear.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { SWEEPS = 60 };

static bool all_finite(const double *x, size_t n) {
    double sum = 0; /* 0 * x is NaN for what is not finite */
    for (size_t i = 0; i < n; i++)
        sum += 0 * x[i];
    return sum == 0;
}

double skuai_dot(const double *a, const double *b, size_t n) {
    double s[4] = {0, 0, 0, 0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++)
            s[j] += a[i + j] * b[i + j];
    for (; i < n; i++)
        s[0] += a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static void add_multiple(double *y, double factor, const double *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

void skuai_matrix_product(const double *a, const double *b, size_t m, size_t k, size_t n,
                          double *c) {
    memset(c, 0, m * n * sizeof *c);
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < k; l++)
            add_multiple(c + i * n, a[i * k + l], b + l * n, n);
}

void skuai_matrix_gram(const double *a, size_t m, size_t n, double *c) {
    memset(c, 0, n * n * sizeof *c);
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            add_multiple(c + j * n, a[i * n + j], a + i * n, j + 1);
    for (size_t j = 0; j < n; j++)
        for (size_t l = 0; l < j; l++)
            c[l * n + j] = c[j * n + l];
}

/* -- Cholesky -------------------------------------------------------------------------------- */

skua_status skuai_cholesky(double *a, size_t n, skua_error *err) {
    for (size_t i = 0; i < n; i++) {
        double *row = a + i * n;
        for (size_t j = 0; j < i; j++)
            row[j] = (row[j] - skuai_dot(row, a + j * n, j)) / a[j * n + j];
        double rest = row[i] - skuai_dot(row, row, i);
        if (!(rest > DBL_EPSILON * fabs(row[i])) || isinf(rest))
            return skuai_error_set(err, SKUA_ESINGULAR,
                                   "the matrix is not positive definite (row %zu of %zu)", i, n);
        row[i] = sqrt(rest);
        for (size_t j = i + 1; j < n; j++)
            row[j] = 0;
    }
    return SKUA_OK;
}

void skuai_cholesky_solve(const double *l, size_t n, double *b) {
    for (size_t i = 0; i < n; i++)
        b[i] = (b[i] - skuai_dot(l + i * n, b, i)) / l[i * n + i];
    for (size_t i = n; i-- > 0;) {
        b[i] /= l[i * n + i];
        add_multiple(b, -b[i], l + i * n, i);
    }
}

void skuai_cholesky_inverse(const double *l, size_t n, double *inverse) {
    memset(inverse, 0, n * n * sizeof *inverse);
    for (size_t i = 0; i < n; i++) { /* symmetric: row i is the solution for unit vector i */
        inverse[i * n + i] = 1;
        skuai_cholesky_solve(l, n, inverse + i * n);
    }
}

/* -- Least squares --------------------------------------------------------------------------- */

/* The reflection that zeroes column c below row k: v [m - k] out, and its factor 2 / v'v. */
static double reflection(const double *a, size_t m, size_t n, size_t k, size_t c, double norm,
                         double *v) {
    for (size_t i = k; i < m; i++)
        v[i - k] = a[i * n + c];
    v[0] += v[0] > 0 ? norm : -norm;
    double square = skuai_dot(v, v, m - k);
    return square > 0 ? 2 / square : 0;
}

static double column_norm(const double *a, size_t m, size_t n, size_t from, size_t c) {
    double scale = 0, sum = 0;
    for (size_t i = from; i < m; i++) {
        double size = fabs(a[i * n + c]); /* fmax() would be a call */
        scale = size > scale ? size : scale;
    }
    if (!(scale > 0)) return 0;
    for (size_t i = from; i < m; i++)
        sum += (a[i * n + c] / scale) * (a[i * n + c] / scale);
    return scale * sqrt(sum);
}

/* Apply 1 - factor v v' to columns from .. n-1 of a and to b, rows k .. m-1. */
static void reflect(double *a, double *b, size_t m, size_t n, size_t k, size_t from,
                    const double *v, double factor, double *w) {
    memset(w, 0, n * sizeof *w);
    for (size_t i = k; i < m; i++)
        add_multiple(w + from, v[i - k], a + i * n + from, n - from);
    for (size_t i = k; i < m; i++)
        add_multiple(a + i * n + from, -factor * v[i - k], w + from, n - from);
    add_multiple(b + k, -factor * skuai_dot(v, b + k, m - k), v, m - k);
}

/* inverse = (R'R)^-1 over the kept columns, R [rank, rank] being columns kept[] of a. */
static void triangular_inverse(const double *a, size_t n, size_t rank, const size_t *kept,
                               double *inverse, double *w) {
    memset(inverse, 0, n * n * sizeof *inverse);
    for (size_t e = 0; e < rank; e++) { /* solve R' R w = unit vector e */
        for (size_t i = 0; i < rank; i++) {
            double s = i == e ? 1 : 0;
            for (size_t j = e; j < i; j++)
                s -= a[j * n + kept[i]] * w[j];
            w[i] = i < e ? 0 : s / a[i * n + kept[i]];
        }
        for (size_t i = rank; i-- > 0;) {
            double s = w[i];
            for (size_t j = i + 1; j < rank; j++)
                s -= a[i * n + kept[j]] * w[j];
            w[i] = s / a[i * n + kept[i]];
            inverse[kept[e] * n + kept[i]] = w[i];
        }
    }
}

skua_status skuai_least_squares(double *a, double *b, size_t m, size_t n, double tolerance,
                                double *x, double *inverse, double *scratch,
                                skuai_least_squares_fit *fit, skua_error *err) {
    if (m == 0 || n == 0)
        return skuai_error_set(err, SKUA_EINVAL, "least squares: %zu rows, %zu columns", m, n);
    if (!all_finite(a, m * n) || !all_finite(b, m))
        return skuai_error_set(err, SKUA_EDATA, "least squares: a number is not finite");
    if (!(tolerance > 0)) tolerance = 1e-10;
    _Static_assert(sizeof(size_t) <= sizeof(double), "an index fits into scratch");
    double *v = scratch, *w = v + m, *norms = w + n;
    size_t *kept = (size_t *)(void *)(norms + n);
    for (size_t j = 0; j < n; j++)
        norms[j] = column_norm(a, m, n, 0, j);
    size_t rank = 0;
    double log_determinant = 0;
    for (size_t c = 0; c < n && rank < m; c++) {
        double norm = column_norm(a, m, n, rank, c);
        if (!(norm > tolerance * norms[c])) continue;
        double factor = reflection(a, m, n, rank, c, norm, v);
        reflect(a, b, m, n, rank, c, v, factor, w);
        log_determinant += 2 * log(norm);
        kept[rank++] = c;
    }
    memset(x, 0, n * sizeof *x);
    for (size_t i = rank; i-- > 0;) {
        double s = b[i];
        for (size_t j = i + 1; j < rank; j++)
            s -= a[i * n + kept[j]] * x[kept[j]];
        x[kept[i]] = s / a[i * n + kept[i]];
    }
    if (inverse) triangular_inverse(a, n, rank, kept, inverse, w);
    if (fit) {
        double squares = skuai_dot(b + rank, b + rank, m - rank);
        *fit = (skuai_least_squares_fit){rank, squares, log_determinant};
    }
    return SKUA_OK;
}

/* -- Symmetric eigenvalues -------------------------------------------------------------------- */

static void rotate(double *x, double *y, size_t n, double c, double s) {
    for (size_t i = 0; i < n; i++) {
        double a = x[i], b = y[i];
        x[i] = c * a - s * b;
        y[i] = s * a + c * b;
    }
}

/* Tangent of the smaller angle that diagonalises [[p, g], [g, q]], zeta = (q - p) / 2g. */
static double rotation_tangent(double zeta) {
    if (fabs(zeta) > 1e150) return 0.5 / zeta;
    double t = 1 / (fabs(zeta) + sqrt(1 + zeta * zeta));
    return zeta < 0 ? -t : t;
}

static void orient(double *v, size_t n) { /* largest entry positive */
    size_t at = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[at])) at = i;
    if (v[at] < 0)
        for (size_t i = 0; i < n; i++)
            v[i] = -v[i];
}

/* Selection sort of values descending, the rows of v [n, width] going along. */
static void sort_rows(double *values, double *v, size_t n, size_t width) {
    for (size_t i = 0; i < n; i++) {
        size_t best = i;
        for (size_t j = i + 1; j < n; j++)
            if (values[j] > values[best]) best = j;
        if (best == i) continue;
        double value = values[i];
        values[i] = values[best];
        values[best] = value;
        for (size_t l = 0; l < width; l++) {
            double e = v[i * width + l];
            v[i * width + l] = v[best * width + l];
            v[best * width + l] = e;
        }
    }
}

/* Rotate rows and columns p < q of a so that a[p, q] is 0; a symmetric in full. */
static void eigen_rotate(double *a, double *vectors, size_t n, size_t p, size_t q) {
    double g = a[p * n + q], app = a[p * n + p], aqq = a[q * n + q];
    double t = rotation_tangent((aqq - app) / (2 * g));
    double c = 1 / sqrt(1 + t * t), s = t * c;
    rotate(a + p * n, a + q * n, n, c, s);
    for (size_t i = 0; i < n; i++) {
        a[i * n + p] = a[p * n + i];
        a[i * n + q] = a[q * n + i];
    }
    a[p * n + p] = app - t * g;
    a[q * n + q] = aqq + t * g;
    a[p * n + q] = a[q * n + p] = 0;
    rotate(vectors + p * n, vectors + q * n, n, c, s);
}

skua_status skuai_eigen_symmetric(double *a, size_t n, double *values, double *vectors,
                                  skua_error *err) {
    if (!all_finite(a, n * n))
        return skuai_error_set(err, SKUA_EDATA, "eigenvalues: a number is not finite");
    memset(vectors, 0, n * n * sizeof *vectors);
    for (size_t i = 0; i < n; i++)
        vectors[i * n + i] = 1;
    bool moved = true;
    for (int sweep = 0; moved && sweep < SWEEPS; sweep++) {
        moved = false;
        for (size_t p = 0; p + 1 < n; p++)
            for (size_t q = p + 1; q < n; q++) {
                double g = fabs(a[p * n + q]);
                double limit = 0x1p-54 * sqrt(fabs(a[p * n + p])) * sqrt(fabs(a[q * n + q]));
                double floor_limit = 0x1p-70 * fmax(fabs(a[p * n + p]), fabs(a[q * n + q]));
                if (!(g > limit && g > floor_limit)) continue;
                eigen_rotate(a, vectors, n, p, q);
                moved = true;
            }
    }
    for (size_t i = 0; i < n; i++)
        values[i] = a[i * n + i];
    sort_rows(values, vectors, n, n);
    for (size_t i = 0; i < n; i++)
        orient(vectors + i * n, n);
    return SKUA_OK;
}

/* -- Singular values -------------------------------------------------------------------------- */

/* Replace the c vectors (rows of w, length l) by the columns of their triangular factor, length c
 * at the start of each row. */
static void triangularise(double *w, size_t c, size_t l) {
    for (size_t k = 0; k < c; k++) {
        double *v = w + k * l + k;
        double norm = sqrt(skuai_dot(v, v, l - k));
        double diagonal = v[0] > 0 ? -norm : norm;
        v[0] -= diagonal;
        double square = skuai_dot(v, v, l - k);
        for (size_t j = k + 1; square > 0 && j < c; j++) {
            double *other = w + j * l + k;
            add_multiple(other, -2 * skuai_dot(v, other, l - k) / square, v, l - k);
        }
        v[0] = diagonal;
        for (size_t i = k + 1; i < c; i++)
            w[k * l + i] = 0;
    }
}

/* One-sided Jacobi: make the c rows of w (stride l, length used) orthogonal, turning the rows of
 * t [c, c] along. squares [c]: their squared norms. */
static void orthogonalise(double *w, size_t c, size_t l, size_t used, double *t, double *squares) {
    bool moved = true;
    for (int sweep = 0; moved && sweep < SWEEPS; sweep++) {
        moved = false;
        double total = 0;
        for (size_t i = 0; i < c; i++)
            total += squares[i] = skuai_dot(w + i * l, w + i * l, used);
        for (size_t p = 0; p + 1 < c; p++)
            for (size_t q = p + 1; q < c; q++) {
                double *x = w + p * l, *y = w + q * l;
                double low = fmin(squares[p], squares[q]);
                if (!(low > 1e-33 * total)) continue;
                double g = skuai_dot(x, y, used);
                if (!(fabs(g) > 1e-15 * sqrt(squares[p]) * sqrt(squares[q]))) continue;
                double tangent = rotation_tangent((squares[q] - squares[p]) / (2 * g));
                double cosine = 1 / sqrt(1 + tangent * tangent), sine = tangent * cosine;
                rotate(x, y, used, cosine, sine);
                rotate(t + p * c, t + q * c, c, cosine, sine);
                squares[p] -= tangent * g;
                squares[q] += tangent * g;
                moved = true;
            }
    }
}

skua_status skuai_svd(const double *a, size_t m, size_t n, size_t k, double *u, double *values,
                      double *v, double *scratch, skua_error *err) {
    bool tall = m >= n;
    size_t c = tall ? n : m, l = tall ? m : n;
    if (c == 0 || k == 0 || k > c)
        return skuai_error_set(err, SKUA_EINVAL, "svd: %zu values of a [%zu, %zu] matrix", k, m, n);
    if (!all_finite(a, m * n))
        return skuai_error_set(err, SKUA_EDATA, "svd: a number is not finite");
    double *w = scratch, *t = w + m * n, *norms = t + c * c, scale = 0;
    for (size_t i = 0; i < m * n; i++)
        scale = fabs(a[i]) > scale ? fabs(a[i]) : scale;
    double factor = scale > 0 ? 1 / scale : 0;
    if (isinf(factor)) factor = 0; /* subnormal: zero for all purposes */
    for (size_t i = 0; i < c; i++)
        for (size_t j = 0; j < l; j++)
            w[i * l + j] = factor * (tall ? a[j * n + i] : a[i * n + j]);
    memset(t, 0, c * c * sizeof *t);
    for (size_t i = 0; i < c; i++)
        t[i * c + i] = 1;
    bool reduce = l > 2 * c;
    if (reduce) triangularise(w, c, l);
    orthogonalise(w, c, l, reduce ? c : l, t, norms);
    for (size_t i = 0; i < c; i++)
        norms[i] = sqrt(skuai_dot(w + i * l, w + i * l, reduce ? c : l));
    sort_rows(norms, t, c, c);
    double least = norms[0] * DBL_EPSILON * (double)l;
    double *short_side = tall ? v : u, *long_side = tall ? u : v;
    for (size_t i = 0; i < k; i++) {
        double norm = norms[i] > least ? norms[i] : 0;
        values[i] = norm * scale;
        orient(t + i * c, c);
        for (size_t j = 0; j < c; j++)
            short_side[j * k + i] = norm > 0 || tall ? t[i * c + j] : 0;
        for (size_t r = 0; r < l; r++) { /* a times the short vector, over the value */
            double s = 0;
            for (size_t j = 0; j < c; j++)
                s += (tall ? a[r * n + j] : a[j * n + r]) * factor * t[i * c + j];
            long_side[r * k + i] = norm > 0 ? s / norm : 0;
        }
    }
    return SKUA_OK;
}
