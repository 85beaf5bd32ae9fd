// SPDX-License-Identifier: Apache-2.0
// Matrix products of dense matrices with arbitrary strides, on the calling thread.
#pragma once

#include <stddef.h>

/// One product c += sign · a · b.
typedef struct {
  size_t rows, columns, depth;
  const void *a;  ///< element (r, k) at r · a_row + k · a_depth
  size_t a_row, a_depth;
  const void *b;  ///< element (k, j) at k · b_row + j
  size_t b_row;
  void *c;  ///< element (r, j) at r · c_row + j; must not overlap a and b
  size_t c_row;
  double sign;
} cm_product;

/// The product of 32-bit floats. Sums are made in pieces of 256 terms.
void cm_multiply_float(const cm_product *product);

/// The product of 64-bit floats.
void cm_multiply_double(const cm_product *product);
