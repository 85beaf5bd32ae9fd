// SPDX-License-Identifier: Apache-2.0
// The functions of LAPACK, in the calling convention of Fortran.
#pragma once

#include "CLinearAlgebra.h"

// Fortran compilers append the length of each character argument; libraries that do not expect
// it ignore it.
#define CLA_FUNCTIONS(FIND, T, p)                                                                  \
  FIND(p##gesdd, void,                                                                             \
       (const char *, const int *, const int *, T *, const int *, T *, T *, const int *, T *,      \
        const int *, T *, const int *, int *, int *, size_t))                                      \
  FIND(p##geqrf, void, (const int *, const int *, T *, const int *, T *, T *, const int *, int *)) \
  FIND(p##orgqr, void,                                                                             \
       (const int *, const int *, const int *, T *, const int *, const T *, T *, const int *,      \
        int *))                                                                                    \
  FIND(p##potrf, void, (const char *, const int *, T *, const int *, int *, size_t))               \
  FIND(p##syevd, void,                                                                             \
       (const char *, const char *, const int *, T *, const int *, T *, T *, const int *, int *,   \
        const int *, int *, size_t, size_t))                                                       \
  FIND(p##gesv, void,                                                                              \
       (const int *, const int *, T *, const int *, int *, T *, const int *, int *))               \
  FIND(p##gelsd, void,                                                                             \
       (const int *, const int *, const int *, T *, const int *, T *, const int *, T *, const T *, \
        int *, T *, const int *, int *, int *))                                                    \
  FIND(p##getrf, void, (const int *, const int *, T *, const int *, int *, int *))                 \
  FIND(p##gemm, void,                                                                              \
       (const char *, const char *, const int *, const int *, const int *, const T *, const T *,   \
        const int *, const T *, const int *, const T *, T *, const int *, size_t, size_t))

#include <stddef.h>

typedef struct {
#define CLA_FIELD(name, result, parameters) result(*name) parameters;
  CLA_FUNCTIONS(CLA_FIELD, float, s)
  CLA_FUNCTIONS(CLA_FIELD, double, d)
#undef CLA_FIELD
} cla_functions;

/// The functions, or NULL if no library has all of them.
const cla_functions *cla_library(void);
