// SPDX-License-Identifier: Apache-2.0
// Transposition of two axes of 32-bit elements.
#pragma once

#include <stddef.h>

/// Element j of row i of y = element i of row j of x, for i < rows and j < columns. Rows of y are
/// y_stride bytes apart, rows of x x_stride bytes; the elements of a row are contiguous.
void ck_transpose32(void *y, ptrdiff_t y_stride, const void *x, ptrdiff_t x_stride, size_t rows,
                    size_t columns);
