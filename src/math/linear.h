/* linear.h -- small dense linear algebra in double (room math).
 *
 * Matrices are row-major with the last index fastest, a [m, n] is a[i * n + j]. Meant for up to a
 * few hundred columns; scratch is the caller's, of the size stated, and nothing is allocated.
 * Inputs that are not finite give SKUA_EDATA.
 * [1] Golub & Van Loan 2013, Matrix Computations, 4.2 (Cholesky), 5.2 (Householder QR),
 *     8.5 (Jacobi), 8.6.3 (one-sided Jacobi). */
#ifndef SKUA_MATH_LINEAR_H
#define SKUA_MATH_LINEAR_H

#include "core/error.h"

/* c [m, n] = a [m, k] times b [k, n]; c overlaps neither. */
void skuai_matrix_product(const double *a, const double *b, size_t m, size_t k, size_t n,
                          double *c);
/* c [n, n] = a' a for a [m, n]. */
void skuai_matrix_gram(const double *a, size_t m, size_t n, double *c);
double skuai_dot(const double *a, const double *b, size_t n);

/* Cholesky factor: a [n, n] symmetric (its lower triangle is read) becomes L with L L' = a, zeros
 * above. SKUA_ESINGULAR, a undefined, when a is not positive definite. */
SKUA_MUST_USE skua_status skuai_cholesky(double *a, size_t n, skua_error *err);
/* Solve L L' x = b in place of b [n]. */
void skuai_cholesky_solve(const double *l, size_t n, double *b);
/* inverse [n, n] out: that of L L'. */
void skuai_cholesky_inverse(const double *l, size_t n, double *inverse);

/* Doubles of scratch for skuai_least_squares. */
#define SKUAI_LEAST_SQUARES_SCRATCH(m, n) ((m) + 3 * (n))

typedef struct skuai_least_squares_fit {
    size_t rank;            /* columns that are independent */
    double sum_squares;     /* of the residuals */
    double log_determinant; /* of the kept columns' X'X */
} skuai_least_squares_fit;

/* Minimise |a x - b| by Householder QR. A column whose part outside the columns before it falls
 * below tolerance (0: 1e-10) times its norm is dependent, as in R's lm: its coefficient is 0, the
 * columns before it stay, and the rank says so.
 *   a          [m, n]  overwritten
 *   b          [m]     overwritten
 *   x          [n] out coefficients
 *   inverse    [n, n] out, or NULL: (a'a)^-1, zero rows for dropped columns; times the residual
 *              variance it is the coefficients' covariance
 *   scratch    [SKUAI_LEAST_SQUARES_SCRATCH(m, n)]
 * m may be less than n: then rank <= m. SKUA_EINVAL for n = 0 or m = 0. */
SKUA_MUST_USE skua_status skuai_least_squares(double *a, double *b, size_t m, size_t n,
                                              double tolerance, double *x, double *inverse,
                                              double *scratch, skuai_least_squares_fit *fit,
                                              skua_error *err);

/* Eigenvalues, descending, and vectors of a symmetric matrix by cyclic Jacobi rotations [1].
 *   a        [n, n]      overwritten; both triangles are read
 *   values   [n] out
 *   vectors  [n, n] out  row i is the unit vector of values[i]; its largest entry is positive */
SKUA_MUST_USE skua_status skuai_eigen_symmetric(double *a, size_t n, double *values,
                                                double *vectors, skua_error *err);

/* Doubles of scratch for skuai_svd. */
#define SKUAI_SVD_SCRATCH(m, n)                                                                    \
    ((m) * (n) + ((m) < (n) ? (m) * (m) : (n) * (n)) + 3 * ((m) < (n) ? (m) : (n)))

/* The k greatest singular values of a [m, n] and their vectors: a ~ sum_i values[i] u_i v_i'.
 * One-sided Jacobi [1] on the shorter side (after a QR step when the matrix is long), so small
 * values are accurate too. k <= min(m, n); k = min(m, n) is the thin SVD.
 *   a       [m, n]  borrowed
 *   u       [m, k] out   columns are left vectors; those of value 0 are zero
 *   values  [k] out      descending, >= 0
 *   v       [n, k] out   columns are right vectors, largest entry of each positive
 *   scratch [SKUAI_SVD_SCRATCH(m, n)]
 * SKUA_EINVAL for an empty matrix or k out of range. */
SKUA_MUST_USE skua_status skuai_svd(const double *a, size_t m, size_t n, size_t k, double *u,
                                    double *values, double *v, double *scratch, skua_error *err);

#endif
