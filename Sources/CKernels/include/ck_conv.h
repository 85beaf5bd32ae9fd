// SPDX-License-Identifier: Apache-2.0
// Convolution of few channels: the first layer of a network that looks at pictures or listens.
#pragma once

#include <stddef.h>

/// Geometry and weights. Strides of the input are in floats; those of the output follow from
/// channels being innermost.
typedef struct {
  /// ck_conv_pack's order.
  const float *weight;
  /// One value an output channel, or NULL.
  const float *bias;
  size_t channels, height, width;
  ptrdiff_t channel_stride, row_stride, column_stride;
  size_t kernel_height, kernel_width, row_step, column_step;
  /// Rows above and columns before the input that count as zero.
  size_t pad_top, pad_left;
  size_t output_channels, output_width;
} ck_conv;

/// Floats of packed weights [outputs, inputs], where inputs are all taps of all channels.
size_t ck_conv_packed_count(size_t outputs, size_t inputs, size_t kernel_width);
void ck_conv_pack(float *packed, const float *weight, size_t outputs, size_t inputs,
                  size_t kernel_width);

/// Floats of room that `count` columns take.
size_t ck_conv_room(const ck_conv *conv, size_t count);

/// Computes the columns first..<first + count of output row `row`, [count, output_channels], for
/// the image x.
void ck_conv_part(float *y, const float *x, const ck_conv *conv, size_t row, size_t first,
                  size_t count, float *room);
