// SPDX-License-Identifier: Apache-2.0
// Dense linear algebra by LAPACK, which is loaded on first use.
//
// Matrices are column-major, as LAPACK has them, and are overwritten where noted. Functions return
// LAPACK's `info`: 0 for success, above 0 for a property of the matrix (singular, not positive
// definite, no convergence), below 0 for a wrong argument; CLA_NO_MEMORY if memory is short. All
// are for one thread, so that results do not depend on their number, and may run on several threads
// at once.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { CLA_NO_MEMORY = -1000 };

/// Whether a library was found and has every function that is used.
bool cla_available(void);

// cla_multiply: c, m by n, becomes the product of a, m by k, and b, k by n. All are row-major here:
// the elements of a row are contiguous, and `_row` is from one row to the next.
#define CLA_DECLARE(T, suffix)                                                                      \
  /* a: m by n, overwritten; s: min(m, n); u: m by min(m, n) or, if full, m by m;             */    \
  /* vt: min(m, n) by n or, if full, n by n.                                                   */   \
  int cla_svd_##suffix(int m, int n, T *a, T *s, T *u, T *vt, bool full);                           \
  /* a: m by n, overwritten with R above the diagonal; q: m by min(m, n).                      */   \
  int cla_qr_##suffix(int m, int n, T *a, T *q);                                                    \
  /* a: n by n; the upper triangle is overwritten with U, where A = UᵀU.                       */ \
  int cla_cholesky_##suffix(int n, T *a);                                                           \
  /* a: n by n, of which the upper triangle is read; overwritten with the eigenvectors.        */   \
  int cla_eigh_##suffix(int n, T *a, T *values);                                                    \
  /* a: n by n, overwritten; b: n by columns, overwritten with the solution.                   */   \
  int cla_solve_##suffix(int n, int columns, T *a, T *b);                                           \
  /* a: m by n, overwritten; b: max(m, n) by columns, overwritten with the solution.           */   \
  int cla_lstsq_##suffix(int m, int n, int columns, T *a, T *b, T tolerance, int *rank);            \
  /* a: n by n, overwritten with its factors; pivots: n rows, counted from 1.                  */   \
  int cla_lu_##suffix(int n, T *a, int *pivots);                                                    \
  void cla_multiply_##suffix(int m, int n, int k, const T *a, int a_row, const T *b, int b_row,     \
                             T *c, int c_row);

CLA_DECLARE(float, f32)
CLA_DECLARE(double, f64)
#undef CLA_DECLARE
