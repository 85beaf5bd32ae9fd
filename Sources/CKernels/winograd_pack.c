// SPDX-License-Identifier: Apache-2.0
// The transform G g Gᵀ of the weights of Winograd convolution, in double precision.
#include "winograd.h"

enum { FEW = 8 };

typedef double f64x16 __attribute__((vector_size(128), may_alias));
typedef float f32x16 __attribute__((vector_size(64), aligned(4), may_alias));

/// o = G g for vectors at these distances.
CK_INLINE void transform_weight(f64x16 *o, const f64x16 *g, const int to, const int step,
                                const int tile) {
  f64x16 g0 = g[0], g1 = g[step], g2 = g[2 * step];
  if (tile == 2) {
    f64x16 even = (g0 + g2) * 0.5, odd = g1 * 0.5;
    o[0] = g0;
    o[to] = even + odd;
    o[2 * to] = even - odd;
    o[3 * to] = g2;
    return;
  }
  const double p = P, q = Q, p2 = p * p, q2 = q * q;
  const double np = 1 / (2 * p2 * (p2 - q2)), nq = 1 / (2 * q2 * (q2 - p2));
  f64x16 even = (g0 + g2 * p2) * np, odd = g1 * (p * np);
  o[0] = g0 * (1 / (p2 * q2));
  o[to] = even + odd;
  o[2 * to] = even - odd;
  even = (g0 + g2 * q2) * nq;
  odd = g1 * (q * nq);
  o[3 * to] = even + odd;
  o[4 * to] = even - odd;
  o[5 * to] = g2;
}

/// The transformed weights of sixteen output channels, of which `some` exist, `step` floats apart.
CK_INLINE void pack_channels(float *to, size_t step, const float *weight, size_t some,
                             size_t output_stride, bool flipped, const int tile) {
  const int n = tile + 2;
  double taps[9][LANES] = {0};
  f64x16 g[9], rows[18], all[36];
  for (size_t o = 0; o < some; o++)
    for (int tap = 0; tap < 9; tap++)
      taps[tap][o] = weight[o * output_stride + (size_t)(flipped ? 8 - tap : tap)];
  memcpy(g, taps, sizeof g);
  CK_UNROLL for (int j = 0; j < 3; j++) transform_weight(rows + j, g + j, 3, 3, tile);
  CK_UNROLL for (int i = 0; i < n; i++) transform_weight(all + i * n, rows + i * 3, 1, 1, tile);
  for (int p = 0; p < n * n; p++)
    *(f32x16 *)(to + (size_t)p * step) = __builtin_convertvector(all[p], f32x16);
}

/// One block of output channels, a few channels at a time: the positions of all lie far apart.
CK_INLINE void pack_block(float *to, const float *weight, size_t outputs, size_t width,
                          size_t channels, size_t output_stride, size_t channel_stride,
                          bool flipped, const int tile) {
  float some[36 * FEW * CK_WINOGRAD_BLOCK];
  for (size_t c = 0; c < channels; c += FEW) {
    size_t few = channels - c < FEW ? channels - c : FEW;
    for (size_t i = 0; i < few; i++)
      for (size_t h = 0; h < width; h += LANES)
        pack_channels(some + i * width + h, few * width,
                      weight + h * output_stride + (c + i) * channel_stride,
                      outputs - h < LANES ? outputs - h : LANES, output_stride, flipped, tile);
    for (size_t p = 0; p < positions(tile); p++)
      memcpy(to + (p * channels + c) * width, some + p * few * width, few * width * sizeof *to);
  }
}

CK_INLINE void ck_winograd_pack_body(float *packed, int tile, const float *weight, size_t outputs,
                                     size_t channels, size_t output_stride, size_t channel_stride,
                                     bool flipped, size_t from, size_t to) {
  for (size_t block = from; block < to; block++) {
    size_t first = block * CK_WINOGRAD_BLOCK, width = block_width(outputs, block);
    float *own = packed + positions(tile) * channels * first;
    const float *g = weight + first * output_stride;
    if (tile == 4) {
      pack_block(own, g, outputs - first, width, channels, output_stride, channel_stride, flipped,
                 4);
    } else {
      pack_block(own, g, outputs - first, width, channels, output_stride, channel_stride, flipped,
                 2);
    }
  }
}
CK_DISPATCH(void, ck_winograd_pack,
            (float *packed, int tile, const float *weight, size_t outputs, size_t channels,
             size_t output_stride, size_t channel_stride, bool flipped, size_t from, size_t to),
            (packed, tile, weight, outputs, channels, output_stride, channel_stride, flipped, from,
             to))
