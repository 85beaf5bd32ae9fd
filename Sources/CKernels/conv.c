// SPDX-License-Identifier: Apache-2.0
// Convolution of few channels.
//
// The input rows under one output row are gathered with their padding, so that every tap of every
// pixel lies at a fixed distance. Sixteen output channels fill the lanes; a block of pixels stays in
// registers while all taps are added up.
#include "ck_conv.h"

#include "dispatch.h"

enum { LANES = 16 };

#define CK_UNROLL _Pragma("clang loop unroll(full)")

size_t ck_conv_packed_count(size_t outputs, size_t inputs) {
  return (outputs + LANES - 1) / LANES * LANES * inputs;
}

void ck_conv_pack(float *packed, const float *weight, size_t outputs, size_t inputs) {
  for (size_t o = 0; o < outputs; o += LANES)
    for (size_t k = 0; k < inputs; k++)
      for (size_t j = 0; j < LANES; j++)
        *packed++ = o + j < outputs ? weight[(o + j) * inputs + k] : 0;
}

// Columns of a gathered row.
static size_t gathered_width(const ck_conv *c) {
  return (c->output_width - 1) * c->column_step + c->kernel_width;
}

size_t ck_conv_room(const ck_conv *c) {
  return c->channels * c->kernel_height * gathered_width(c);
}

// The input rows under one output row, by channel and row of the kernel.
static void gather_rows(float *room, const float *x, const ck_conv *c, size_t row) {
  size_t width = gathered_width(c);
  size_t columns = width > c->pad_left ? width - c->pad_left : 0;
  if (columns > c->width) columns = c->width;
  for (size_t channel = 0; channel < c->channels; channel++) {
    for (size_t k = 0; k < c->kernel_height; k++, room += width) {
      size_t padded = row * c->row_step + k;
      memset(room, 0, width * sizeof *room);
      if (padded < c->pad_top || padded - c->pad_top >= c->height) continue;
      const float *from = x + (ptrdiff_t)channel * c->channel_stride +
                          (ptrdiff_t)(padded - c->pad_top) * c->row_stride;
      float *to = room + c->pad_left;
      if (c->column_stride == 1) {
        memcpy(to, from, columns * sizeof *to);
      } else {
        for (size_t i = 0; i < columns; i++) to[i] = from[(ptrdiff_t)i * c->column_stride];
      }
    }
  }
}

/// `block` pixels from `x` on, for sixteen output channels of which `outputs` are there.
CK_INLINE void add_taps(float *y, const float *x, const ck_conv *c, const float *weight,
                        const float *bias, size_t outputs, const int block,
                        const size_t step) {
  size_t rows = c->channels * c->kernel_height, width = gathered_width(c);
  float start[LANES] = {0};
  if (bias) memcpy(start, bias, outputs * sizeof *bias);
  ck_f32x16 sums[12];
  CK_UNROLL for (int p = 0; p < block; p++) sums[p] = *(const ck_f32x16 *)start;
  for (size_t r = 0; r < rows; r++, x += width) {
    for (size_t k = 0; k < c->kernel_width; k++, weight += LANES) {
      ck_f32x16 w = *(const ck_f32x16 *)weight;
      CK_UNROLL for (int p = 0; p < block; p++) sums[p] += w * x[k + (size_t)p * step];
    }
  }
  CK_UNROLL for (int p = 0; p < block; p++, y += c->output_channels) {
    if (outputs == LANES) {
      *(ck_f32x16 *)y = sums[p];
    } else {
      float some[LANES];  // a sum whose own address were taken would leave its register
      *(ck_f32x16 *)some = sums[p];
      memcpy(y, some, outputs * sizeof *y);
    }
  }
}

// With the distance between neighbouring pixels known, addresses cost nothing.
CK_INLINE void add_row(float *y, const float *room, const ck_conv *c, const int block,
                       const size_t step) {
  size_t inputs = c->channels * c->kernel_height * c->kernel_width;
  for (size_t o = 0; o < c->output_channels; o += LANES) {
    size_t outputs = c->output_channels - o < LANES ? c->output_channels - o : LANES;
    const float *weight = c->weight + o * inputs, *bias = c->bias ? c->bias + o : 0;
    size_t p = 0;
    for (; p + (size_t)block <= c->output_width; p += (size_t)block)
      add_taps(y + p * c->output_channels + o, room + p * step, c, weight, bias, outputs, block, step);
    // What is left of a row: by halves, then one by one.
    for (; p + 4 <= c->output_width; p += 4)
      add_taps(y + p * c->output_channels + o, room + p * step, c, weight, bias, outputs, 4, step);
    for (; p < c->output_width; p++)
      add_taps(y + p * c->output_channels + o, room + p * step, c, weight, bias, outputs, 1, step);
  }
}

CK_INLINE void ck_conv_row_body(float *y, const float *x, const ck_conv *c, size_t row,
                                float *room, const int block) {
  gather_rows(room, x, c, row);
  switch (c->column_step) {
    case 1: add_row(y, room, c, block, 1); break;
    case 2: add_row(y, room, c, block, 2); break;
    default: add_row(y, room, c, block, c->column_step); break;
  }
}

// As many pixels as the registers hold beside one of weights.
static void ck_conv_row_portable(float *y, const float *x, const ck_conv *c, size_t row,
                                 float *room) {
  ck_conv_row_body(y, x, c, row, room, 2);
}
#if CK_X86
CK_TARGET_AVX2 static void ck_conv_row_avx2(float *y, const float *x, const ck_conv *c, size_t row,
                                            float *room) {
  ck_conv_row_body(y, x, c, row, room, 6);
}
CK_TARGET_AVX512 static void ck_conv_row_avx512(float *y, const float *x, const ck_conv *c,
                                                size_t row, float *room) {
  ck_conv_row_body(y, x, c, row, room, 12);
}
#endif
CK_CHOOSE(void, ck_conv_row, (float *y, const float *x, const ck_conv *conv, size_t row, float *room),
          (y, x, conv, row, room))
