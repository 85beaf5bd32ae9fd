// SPDX-License-Identifier: Apache-2.0
// Matrix products by BLAS.
#include "library.h"

// The transpose of a row-major product is a column-major one of the factors in reverse order.
#define CLA_DEFINE(T, suffix, p)                                                                  \
  void cla_multiply_##suffix(int m, int n, int k, const T *a, int a_row, const T *b, int b_row,   \
                             T *c, int c_row) {                                                   \
    const T one = 1, zero = 0;                                                                    \
    cla_library()->p##gemm("N", "N", &n, &m, &k, &one, b, &b_row, a, &a_row, &zero, c, &c_row, 1, \
                           1);                                                                    \
  }

CLA_DEFINE(float, f32, s)
CLA_DEFINE(double, f64, d)
