// SPDX-License-Identifier: Apache-2.0
// Rounding of columns one after the other, each error corrected in the columns that follow (GPTQ,
// SparseGPT).
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
  CM_LANES = 16,     ///< the most rows of one call
  CM_WIDTH = 1024,   ///< the most columns of one call
  CM_ENTRIES = 256,  ///< the most entries of a table
};

/// How kept elements are rounded.
typedef enum {
  CM_KEEP = 0,    ///< not at all
  CM_AFFINE = 1,  ///< scale · (code − zero), code in 0…top
  CM_TABLE = 2,   ///< the nearest entry of an ascending table
} cm_rounding;

/// Adjacent columns of up to CM_LANES rows. Element (row, column) of `w`, `codes` and `mask` is at
/// row · stride + column.
typedef struct {
  size_t rows, from, to, stride;
  float *w;        ///< in: the weights; out: the rounded weights in columns from..<to
  const float *u;  ///< upper triangular, element (j, l) at j · u_row + l
  size_t u_row;
  cm_rounding rounding;
  const float *scale, *zero;  ///< CM_AFFINE: element (row, group) at row · groups + group
  size_t groups;
  const int32_t *group;  ///< CM_AFFINE: the group of each column
  float top;
  const float *const *tables;  ///< CM_TABLE: the table of each row
  const int32_t *entries;      ///< CM_TABLE: the number of entries of each row's table
  uint8_t *codes;              ///< out: codes or indices; may be NULL with CM_KEEP
  uint8_t *mask;  ///< 1: kept, 0: becomes zero; NULL: all kept. Written if `every` is not 0
  size_t zeros,
      every;  ///< n:m sparsity: the `zeros` least important of `every` adjacent columns become zero
  float *errors;   ///< out: error (row, column) at row · (to − from) + column − from
  double *losses;  ///< in, out: the sum of squared errors of each row
} cm_feedback;

void cm_round_columns(const cm_feedback *task);
