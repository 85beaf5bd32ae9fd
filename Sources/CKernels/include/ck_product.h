// SPDX-License-Identifier: Apache-2.0
// Products of rows with packed weights, in single precision: fully connected layers, and
// convolutions whose windows are rows.
#pragma once

#include <stddef.h>

#include "ck_post.h"

/// y[rows, columns] = x[rows, inner] · weight[inner, columns] + bias[columns]. Rows of y are
/// contiguous.
typedef struct {
  /// In the order of ck_product_pack.
  const float *weight;
  /// One value per column, or NULL.
  const float *bias;
  size_t inner, columns;
  /// Floats from one row of x to the next.
  size_t x_stride;
} ck_product;

/// Where the weights lie before they are packed: the element at `tap` of `channel` for a column is
/// at column·column_stride + channel·channel_stride + tap. The inner index is tap·channels +
/// channel.
typedef struct {
  size_t channels, taps;
  size_t column_stride, channel_stride;
} ck_product_order;

/// Columns of a block. Slices compute whole blocks.
enum { CK_PRODUCT_BLOCK = 32 };

/// The number of floats of the packed weights.
size_t ck_product_weight_count(size_t columns, size_t inner);

/// Packs the weights of the blocks of columns from..<to; the others stay as they are.
void ck_product_pack(float *packed, const float *weight, const ck_product_order *order,
                     size_t columns, size_t from, size_t to);

/// The maximum number of rows of one call.
enum { CK_PRODUCT_ROWS = 56 };

/// The number of floats in the scratch buffer.
enum { CK_PRODUCT_SCRATCH = CK_PRODUCT_ROWS * CK_PRODUCT_BLOCK };

/// Computes the blocks of columns from..<to of `rows` rows, at most CK_PRODUCT_ROWS.
///
/// A sum consists of partial sums over 64 products each, so that the rounding error hardly grows
/// with their number. Results do not depend on how rows and blocks are cut.
void ck_product_run(float *y, const float *x, const ck_product *product, const ck_post *post,
                    size_t rows, size_t from, size_t to, float *scratch);

/// The windows of a convolution over channels-last images. Spatial axes are rows and columns.
typedef struct {
  size_t channels, height, width;
  size_t output_height, output_width;
  size_t kernel_height, kernel_width;
  size_t row_step, column_step;
  size_t row_dilation, column_dilation;
  /// Padding with zeros, above and before the input. That at the end follows from the output.
  size_t pad_top, pad_left;
} ck_windows;

/// Writes the windows of the output pixels first..<first + count as rows of kernel_height ×
/// kernel_width × channels floats, `stride` floats apart. Pixels are numbered by image, row and
/// column.
void ck_windows_gather(float *to, size_t stride, const float *x, const ck_windows *windows,
                       size_t first, size_t count);
