// SPDX-License-Identifier: Apache-2.0
// Convolution with few channels.
//
// The input rows for one output row are copied together with their padding, so that the offsets
// of all taps are the same for every pixel. The vector lanes hold sixteen output channels; a
// block of pixels stays in registers while all taps are accumulated. If there are few output
// channels and large windows, the lanes hold sixteen taps instead.
#include "ck_conv.h"

#include "dispatch.h"

enum { LANES = 16 };

#define CK_UNROLL _Pragma("clang loop unroll(full)")

// Whether lanes hold taps instead of output channels, which is the case if this fills more lanes.
static bool goes_by_taps(size_t outputs, size_t kernel_width) {
  return outputs <= LANES / 4 && kernel_width >= LANES;
}

size_t ck_conv_packed_count(size_t outputs, size_t inputs, size_t kernel_width) {
  size_t filled = (outputs + LANES - 1) / LANES * LANES;
  return (goes_by_taps(outputs, kernel_width) ? outputs : filled) * inputs;
}

void ck_conv_pack(float *packed, const float *weight, size_t outputs, size_t inputs,
                  size_t kernel_width) {
  if (goes_by_taps(outputs, kernel_width)) {
    memcpy(packed, weight, outputs * inputs * sizeof *packed);
    return;
  }
  for (size_t o = 0; o < outputs; o += LANES)
    for (size_t k = 0; k < inputs; k++)
      for (size_t j = 0; j < LANES; j++)
        *packed++ = o + j < outputs ? weight[(o + j) * inputs + k] : 0;
}

// The width of the input for `count` output columns.
static size_t gathered_width(const ck_conv *c, size_t count) {
  return (count - 1) * c->column_step + c->kernel_width;
}

size_t ck_conv_scratch(const ck_conv *c, size_t count) {
  return c->channels * c->kernel_height * gathered_width(c, count);
}

// Copies the input rows for `count` columns, starting at `first`, of one output row, by channel
// and kernel row.
static void gather_rows(float *scratch, const float *x, const ck_conv *c, size_t row, size_t first,
                        size_t count) {
  size_t width = gathered_width(c, count);
  ptrdiff_t start = (ptrdiff_t)(first * c->column_step) - (ptrdiff_t)c->pad_left;
  size_t before = start < 0 ? (size_t)-start : 0;
  if (before > width) before = width;
  ptrdiff_t left = (ptrdiff_t)c->width - (start + (ptrdiff_t)before);
  size_t columns = width - before;
  if ((ptrdiff_t)columns > left) columns = left > 0 ? (size_t)left : 0;
  for (size_t channel = 0; channel < c->channels; channel++) {
    for (size_t k = 0; k < c->kernel_height; k++, scratch += width) {
      size_t padded = row * c->row_step + k;
      bool inside = padded >= c->pad_top && padded - c->pad_top < c->height;
      size_t known = inside ? columns : 0;
      memset(scratch, 0, (inside ? before : width) * sizeof *scratch);
      if (!inside) continue;
      const float *from = x + (ptrdiff_t)channel * c->channel_stride +
                          (ptrdiff_t)(padded - c->pad_top) * c->row_stride +
                          (start + (ptrdiff_t)before) * c->column_stride;
      float *to = scratch + before;
      if (c->column_stride == 1) {
        memcpy(to, from, known * sizeof *to);
      } else {
        for (size_t i = 0; i < known; i++) to[i] = from[(ptrdiff_t)i * c->column_stride];
      }
      memset(to + known, 0, (width - before - known) * sizeof *to);
    }
  }
}

/// Computes `block` pixels from `x` on, for sixteen output channels, of which `outputs` exist.
CK_INLINE void add_taps(float *y, const float *x, const ck_conv *c, const float *weight,
                        const float *bias, size_t outputs, const int block, const size_t step,
                        size_t width) {
  size_t rows = c->channels * c->kernel_height;
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
      float some[LANES];  // taking the address of a sum would move it out of its register
      *(ck_f32x16 *)some = sums[p];
      memcpy(y, some, outputs * sizeof *y);
    }
  }
}

/// Computes `block` pixels from `x` on, for one output channel.
CK_INLINE void dot_taps(float *y, const float *x, const ck_conv *c, const float *weight, float bias,
                        const int block, size_t width) {
  size_t rows = c->channels * c->kernel_height, step = c->column_step, taps = c->kernel_width;
  ck_f32x16 sums[8] = {0};
  float rests[8] = {0};
  for (size_t r = 0; r < rows; r++, x += width, weight += taps) {
    size_t k = 0;
    for (; k + LANES <= taps; k += LANES) {
      ck_f32x16 w = *(const ck_f32x16 *)(weight + k);
      CK_UNROLL for (int p = 0; p < block; p++) sums[p] +=
          w * *(const ck_f32x16 *)(x + k + (size_t)p * step);
    }
    for (; k < taps; k++)
      CK_UNROLL for (int p = 0; p < block; p++) rests[p] += weight[k] * x[k + (size_t)p * step];
  }
  CK_UNROLL for (int p = 0; p < block; p++) {
    ck_f32x16 sum = sums[p];
    y[(size_t)p * c->output_channels] = ck_sum16(&sum) + rests[p] + bias;
  }
}

CK_INLINE void dot_part(float *y, const float *scratch, const ck_conv *c, size_t count) {
  size_t inputs = c->channels * c->kernel_height * c->kernel_width,
         width = gathered_width(c, count);
  for (size_t o = 0; o < c->output_channels; o++) {
    const float *weight = c->weight + o * inputs;
    float bias = c->bias ? c->bias[o] : 0;
    size_t p = 0;
    for (; p + 8 <= count; p += 8)
      dot_taps(y + p * c->output_channels + o, scratch + p * c->column_step, c, weight, bias, 8,
               width);
    for (; p < count; p++)
      dot_taps(y + p * c->output_channels + o, scratch + p * c->column_step, c, weight, bias, 1,
               width);
  }
}

// With a constant distance between adjacent pixels, addressing is free.
CK_INLINE void add_part(float *y, const float *scratch, const ck_conv *c, size_t count,
                        const int block, const size_t step) {
  size_t inputs = c->channels * c->kernel_height * c->kernel_width,
         width = gathered_width(c, count);
  for (size_t o = 0; o < c->output_channels; o += LANES) {
    size_t outputs = c->output_channels - o < LANES ? c->output_channels - o : LANES;
    const float *weight = c->weight + o * inputs, *bias = c->bias ? c->bias + o : 0;
    float *to = y + o;
    size_t p = 0;
    for (; p + (size_t)block <= count; p += (size_t)block)
      add_taps(to + p * c->output_channels, scratch + p * step, c, weight, bias, outputs, block,
               step, width);
    // The rest of a row, in blocks of half the size, then single pixels.
    for (; p + 4 <= count; p += 4)
      add_taps(to + p * c->output_channels, scratch + p * step, c, weight, bias, outputs, 4, step,
               width);
    for (; p < count; p++)
      add_taps(to + p * c->output_channels, scratch + p * step, c, weight, bias, outputs, 1, step,
               width);
  }
}

CK_INLINE void ck_conv_part_body(float *y, const float *x, const ck_conv *c, size_t row,
                                 size_t first, size_t count, float *scratch, const int block) {
  gather_rows(scratch, x, c, row, first, count);
  if (goes_by_taps(c->output_channels, c->kernel_width)) {
    dot_part(y, scratch, c, count);
    return;
  }
  switch (c->column_step) {
    case 1:
      add_part(y, scratch, c, count, block, 1);
      break;
    case 2:
      add_part(y, scratch, c, count, block, 2);
      break;
    default:
      add_part(y, scratch, c, count, block, c->column_step);
      break;
  }
}

// The number of pixels is the maximum for which all sums and a vector of weights fit in
// registers.
static void ck_conv_part_portable(float *y, const float *x, const ck_conv *c, size_t row,
                                  size_t first, size_t count, float *scratch) {
  ck_conv_part_body(y, x, c, row, first, count, scratch, 2);
}
#if CK_X86
CK_TARGET_AVX2 static void ck_conv_part_avx2(float *y, const float *x, const ck_conv *c, size_t row,
                                             size_t first, size_t count, float *scratch) {
  ck_conv_part_body(y, x, c, row, first, count, scratch, 6);
}
CK_TARGET_AVX512 static void ck_conv_part_avx512(float *y, const float *x, const ck_conv *c,
                                                 size_t row, size_t first, size_t count,
                                                 float *scratch) {
  ck_conv_part_body(y, x, c, row, first, count, scratch, 12);
}
#endif
CK_CHOOSE(void, ck_conv_part,
          (float *y, const float *x, const ck_conv *conv, size_t row, size_t first, size_t count,
           float *scratch),
          (y, x, conv, row, first, count, scratch))
