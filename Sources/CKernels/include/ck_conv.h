// SPDX-License-Identifier: Apache-2.0
// Convolution with few channels, as in the first layer of image and audio networks.
#pragma once

#include <stddef.h>

/// Geometry and weights. Strides of the input are in floats; the output is contiguous, with
/// channels innermost.
typedef struct {
  /// In the order of ck_conv_pack.
  const float *weight;
  /// One value per output channel, or NULL.
  const float *bias;
  size_t channels, height, width;
  ptrdiff_t channel_stride, row_stride, column_stride;
  size_t kernel_height, kernel_width, row_step, column_step;
  /// Padding with zeros: rows above and columns before the input.
  size_t pad_top, pad_left;
  size_t output_channels, output_width;
} ck_conv;

/// The number of floats in the packed weights [outputs, inputs], where inputs are all taps of all
/// channels.
size_t ck_conv_packed_count(size_t outputs, size_t inputs, size_t kernel_width);
void ck_conv_pack(float *packed, const float *weight, size_t outputs, size_t inputs,
                  size_t kernel_width);

/// The number of floats in the scratch buffer for `count` columns.
size_t ck_conv_scratch(const ck_conv *conv, size_t count);

/// Computes the columns first..<first + count of output row `row`, [count, output_channels], for
/// the image x.
void ck_conv_part(float *y, const float *x, const ck_conv *conv, size_t row, size_t first,
                  size_t count, float *scratch);
