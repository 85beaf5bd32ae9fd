// SPDX-License-Identifier: Apache-2.0
// Windows of channels-last images as rows of a matrix.
#include <stdbool.h>
#include <string.h>

#include "ck_product.h"

/// One row of a window: `kernel_width` pixels, of which those outside of the image are zero.
static void gather_row(float *to, const float *row, const ck_windows *w, size_t column) {
  size_t channels = w->channels;
  if (w->column_dilation == 1 && column >= w->pad_left &&
      column - w->pad_left + w->kernel_width <= w->width) {
    memcpy(to, row + (column - w->pad_left) * channels, w->kernel_width * channels * sizeof *to);
    return;
  }
  for (size_t k = 0; k < w->kernel_width; k++, to += channels) {
    size_t at = column + k * w->column_dilation;
    if (at < w->pad_left || at - w->pad_left >= w->width) {
      memset(to, 0, channels * sizeof *to);
    } else {
      memcpy(to, row + (at - w->pad_left) * channels, channels * sizeof *to);
    }
  }
}

void ck_windows_gather(float *to, size_t stride, const float *x, const ck_windows *w, size_t first,
                       size_t count) {
  size_t row_floats = w->width * w->channels, window_row = w->kernel_width * w->channels;
  for (size_t pixel = first; pixel < first + count; pixel++, to += stride) {
    size_t line = pixel / w->output_width, column = pixel % w->output_width * w->column_step;
    size_t image = line / w->output_height, row = line % w->output_height * w->row_step;
    for (size_t k = 0; k < w->kernel_height; k++) {
      size_t at = row + k * w->row_dilation;
      float *part = to + k * window_row;
      if (at < w->pad_top || at - w->pad_top >= w->height) {
        memset(part, 0, window_row * sizeof *part);
      } else {
        gather_row(part, x + (image * w->height + at - w->pad_top) * row_floats, w, column);
      }
    }
  }
}
