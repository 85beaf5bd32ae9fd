// SPDX-License-Identifier: Apache-2.0
// Factorizations for float and double. Each function asks LAPACK how much work memory
// it wants, and allows for the rounding of that number to a float.
#include <stdlib.h>
#include <string.h>

#include "library.h"

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }

#define CLA_DEFINE(T, suffix, p)                                                                   \
  int cla_svd_##suffix(int m, int n, T *a, T *s, T *u, T *vt, bool full) {                         \
    const cla_functions *f = cla_library();                                                        \
    int k = least(m, n), rows = full ? n : k, info = 0, size = -1;                                 \
    const char *job = full ? "A" : "S";                                                            \
    int *integers = malloc(sizeof(int) * 8 * (size_t)most(k, 1));                                  \
    if (!integers) return CLA_NO_MEMORY;                                                           \
    T wished = 0;                                                                                  \
    f->p##gesdd(job, &m, &n, a, &m, s, u, &m, vt, &rows, &wished, &size, integers, &info, 1);      \
    size = (int)(wished * (T)1.001) + 1;                                                           \
    T *work = malloc(sizeof(T) * (size_t)size);                                                    \
    if (!work) info = CLA_NO_MEMORY;                                                               \
    if (!info)                                                                                     \
      f->p##gesdd(job, &m, &n, a, &m, s, u, &m, vt, &rows, work, &size, integers, &info, 1);       \
    free(work);                                                                                    \
    free(integers);                                                                                \
    return info;                                                                                   \
  }                                                                                                \
                                                                                                   \
  int cla_qr_##suffix(int m, int n, T *a, T *q) {                                                  \
    const cla_functions *f = cla_library();                                                        \
    int k = least(m, n), info = 0, size = -1;                                                      \
    T *tau = malloc(sizeof(T) * (size_t)most(k, 1));                                               \
    if (!tau) return CLA_NO_MEMORY;                                                                \
    T wished = 0, other = 0;                                                                       \
    f->p##geqrf(&m, &n, a, &m, tau, &wished, &size, &info);                                        \
    f->p##orgqr(&m, &k, &k, q, &m, tau, &other, &size, &info);                                     \
    size = (int)((wished > other ? wished : other) * (T)1.001) + 1;                                \
    T *work = malloc(sizeof(T) * (size_t)size);                                                    \
    if (!work) info = CLA_NO_MEMORY;                                                               \
    if (!info) f->p##geqrf(&m, &n, a, &m, tau, work, &size, &info);                                \
    if (!info) {                                                                                   \
      memcpy(q, a, sizeof(T) * (size_t)m * (size_t)k);                                             \
      f->p##orgqr(&m, &k, &k, q, &m, tau, work, &size, &info);                                     \
    }                                                                                              \
    free(work);                                                                                    \
    free(tau);                                                                                     \
    return info;                                                                                   \
  }                                                                                                \
                                                                                                   \
  int cla_cholesky_##suffix(int n, T *a) {                                                         \
    int info = 0;                                                                                  \
    cla_library()->p##potrf("U", &n, a, &n, &info, 1);                                             \
    return info;                                                                                   \
  }                                                                                                \
                                                                                                   \
  int cla_eigh_##suffix(int n, T *a, T *values) {                                                  \
    const cla_functions *f = cla_library();                                                        \
    int info = 0, size = -1, integer_size = -1, integers_wished = 0;                               \
    T wished = 0;                                                                                  \
    f->p##syevd("V", "U", &n, a, &n, values, &wished, &size, &integers_wished, &integer_size,      \
                &info, 1, 1);                                                                      \
    size = (int)(wished * (T)1.001) + 1;                                                           \
    integer_size = integers_wished;                                                                \
    T *work = malloc(sizeof(T) * (size_t)size);                                                    \
    int *integers = malloc(sizeof(int) * (size_t)most(integer_size, 1));                           \
    if (!work || !integers) info = CLA_NO_MEMORY;                                                  \
    if (!info)                                                                                     \
      f->p##syevd("V", "U", &n, a, &n, values, work, &size, integers, &integer_size, &info, 1, 1); \
    free(integers);                                                                                \
    free(work);                                                                                    \
    return info;                                                                                   \
  }                                                                                                \
                                                                                                   \
  int cla_solve_##suffix(int n, int columns, T *a, T *b) {                                         \
    int info = 0;                                                                                  \
    int *pivots = malloc(sizeof(int) * (size_t)most(n, 1));                                        \
    if (!pivots) return CLA_NO_MEMORY;                                                             \
    cla_library()->p##gesv(&n, &columns, a, &n, pivots, b, &n, &info);                             \
    free(pivots);                                                                                  \
    return info;                                                                                   \
  }                                                                                                \
                                                                                                   \
  int cla_lstsq_##suffix(int m, int n, int columns, T *a, T *b, T tolerance, int *rank) {          \
    const cla_functions *f = cla_library();                                                        \
    int tall = most(m, n), info = 0, size = -1, integers_wished = 0;                               \
    T wished = 0;                                                                                  \
    T *s = malloc(sizeof(T) * (size_t)most(least(m, n), 1));                                       \
    if (!s) return CLA_NO_MEMORY;                                                                  \
    f->p##gelsd(&m, &n, &columns, a, &m, b, &tall, s, &tolerance, rank, &wished, &size,            \
                &integers_wished, &info);                                                          \
    size = (int)(wished * (T)1.001) + 1;                                                           \
    T *work = malloc(sizeof(T) * (size_t)size);                                                    \
    int *integers = malloc(sizeof(int) * (size_t)most(integers_wished, 1));                        \
    if (!work || !integers) info = CLA_NO_MEMORY;                                                  \
    if (!info)                                                                                     \
      f->p##gelsd(&m, &n, &columns, a, &m, b, &tall, s, &tolerance, rank, work, &size, integers,   \
                  &info);                                                                          \
    free(integers);                                                                                \
    free(work);                                                                                    \
    free(s);                                                                                       \
    return info;                                                                                   \
  }                                                                                                \
                                                                                                   \
  int cla_lu_##suffix(int n, T *a, int *pivots) {                                                  \
    int info = 0;                                                                                  \
    cla_library()->p##getrf(&n, &n, a, &n, pivots, &info);                                         \
    return info;                                                                                   \
  }

CLA_DEFINE(float, f32, s)
CLA_DEFINE(double, f64, d)
