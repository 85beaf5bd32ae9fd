// SPDX-License-Identifier: Apache-2.0
// 3×3 convolution by Winograd's minimal filtering.
//
// A tile of m×m outputs is computed from n×n inputs, n = m + 2, as Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A; the
// products of all tiles and channels at one of the n² positions are a matrix product. The matrices
// follow from polynomials at the points 0, ±1, ∞ (m = 2) and 0, ±P, ±Q, ∞ (m = 4). P = 5/8 and
// Q = 3/2 round half as much as 1 and 2; their squares are exact.
//
// Vector lanes hold channels: of the input while it is transformed, then of the output.
#include "ck_winograd.h"

#include "winograd.h"

size_t ck_winograd_weight_count(int tile, size_t outputs, size_t channels) {
  return positions(tile) * channels * padded(outputs);
}

size_t ck_winograd_tiles(const ck_winograd *c) {
  size_t m = (size_t)c->tile;
  return (c->output_height + m - 1) / m * ((c->output_width + m - 1) / m);
}

// Floats from one transformed tile to the next: the additional ones avoid that the tiles of a block
// compete for the same cache lines.
static size_t tile_stride(size_t channels) { return padded(channels) + LANES; }

size_t ck_winograd_scratch(int tile, size_t channels, size_t count) {
  return positions(tile) * count * (tile_stride(channels) + CK_WINOGRAD_BLOCK);
}

/// o = Bᵀ d for vectors at these distances.
CK_INLINE void transform_input(ck_f32x16 *o, const ck_f32x16 *d, const int step, const int m) {
  ck_f32x16 d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step];
  if (m == 2) {
    o[0] = d0 - d2;
    o[step] = d1 + d2;
    o[2 * step] = d2 - d1;
    o[3 * step] = d3 - d1;
    return;
  }
  const float p = P, q = Q, p2 = p * p, q2 = q * q;
  ck_f32x16 d4 = d[4 * step], d5 = d[5 * step];
  ck_f32x16 even = d4 - q2 * d2, odd = p * (d3 - q2 * d1);
  o[step] = even + odd;
  o[2 * step] = even - odd;
  even = d4 - p2 * d2;
  odd = q * (d3 - p2 * d1);
  o[3 * step] = even + odd;
  o[4 * step] = even - odd;
  o[0] = d4 - (p2 + q2) * d2 + (p2 * q2) * d0;
  o[5 * step] = d5 - (p2 + q2) * d3 + (p2 * q2) * d1;
}

/// o = Aᵀ s for vectors at these distances.
CK_INLINE void transform_output(ck_f32x16 *o, const ck_f32x16 *s, const int to, const int step,
                                const int m) {
  ck_f32x16 sum = s[step] + s[2 * step], difference = s[step] - s[2 * step];
  if (m == 2) {
    o[0] = s[0] + sum;
    o[to] = difference + s[3 * step];
    return;
  }
  const float p = P, q = Q, p2 = p * p, q2 = q * q;
  ck_f32x16 sum2 = s[3 * step] + s[4 * step], difference2 = s[3 * step] - s[4 * step];
  o[0] = s[0] + sum + sum2;
  o[to] = p * difference + q * difference2;
  o[2 * to] = p2 * sum + q2 * sum2;
  o[3 * to] = p2 * p * difference + q2 * q * difference2 + s[5 * step];
}

/// Where a tile is.
typedef struct {
  size_t image;
  /// The first row and column of the output.
  size_t row, column;
} place;

CK_INLINE place place_of(const ck_winograd *c, size_t tile) {
  size_t m = (size_t)c->tile;
  size_t rows = (c->output_height + m - 1) / m, columns = (c->output_width + m - 1) / m;
  return (place){tile / (rows * columns), tile / columns % rows * m, tile % columns * m};
}

/// Loads `some` channels of a tile's inputs; `inside` tells that there are no padding and sixteen
/// channels.
CK_INLINE void load_tile(ck_f32x16 *d, const float *image, const ck_winograd *c, ptrdiff_t top,
                         ptrdiff_t left, size_t some, const bool inside, const int n) {
  ptrdiff_t height = (ptrdiff_t)c->height, width = (ptrdiff_t)c->width;
  ptrdiff_t channels = (ptrdiff_t)c->channels;
  const float *corner = image + (top * width + left) * channels;
  if (inside) {
    CK_UNROLL for (int i = 0; i < n; i++) CK_UNROLL for (int j = 0; j < n; j++) d[i * n + j] =
        *(const ck_f32x16 *)(corner + (i * width + j) * channels);
    return;
  }
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      d[i * n + j] = (ck_f32x16){0};
      if (top + i < 0 || top + i >= height || left + j < 0 || left + j >= width) continue;
      memcpy(&d[i * n + j], corner + (i * width + j) * channels, some * sizeof *image);
    }
  }
}

/// Transforms some channels of a tile's inputs; `step` floats lie between positions of the result.
CK_INLINE void gather_channels(float *to, size_t step, const float *image, const ck_winograd *c,
                               ptrdiff_t top, ptrdiff_t left, size_t some, const bool inside,
                               const int m) {
  const int n = m + 2;
  ck_f32x16 d[36], e[36];
  load_tile(d, image, c, top, left, some, inside, n);
  CK_UNROLL for (int j = 0; j < n; j++) transform_input(e + j, d + j, n, m);
  CK_UNROLL for (int i = 0; i < n; i++) {
    transform_input(d + i * n, e + i * n, 1, m);
    CK_UNROLL for (int j = 0; j < n; j++) * (ck_f32x16 *)(to + (size_t)(i * n + j) * step) =
        d[i * n + j];
  }
}

CK_INLINE void gather_tile(float *to, size_t step, const float *x, const ck_winograd *c, place at,
                           const int m) {
  ptrdiff_t top = (ptrdiff_t)at.row - (ptrdiff_t)c->pad_top;
  ptrdiff_t left = (ptrdiff_t)at.column - (ptrdiff_t)c->pad_left;
  bool inside = top >= 0 && left >= 0 && top + m + 2 <= (ptrdiff_t)c->height &&
                left + m + 2 <= (ptrdiff_t)c->width;
  const float *image = x + at.image * c->height * c->width * c->channels;
  for (size_t channel = 0; channel < c->channels; channel += LANES) {
    size_t some = c->channels - channel < LANES ? c->channels - channel : LANES;
    if (inside && some == LANES) {
      gather_channels(to + channel, step, image + channel, c, top, left, LANES, true, m);
    } else {
      gather_channels(to + channel, step, image + channel, c, top, left, some, false, m);
    }
  }
}

/// s[rows, 16·halves] = v[rows, channels] · w[channels, 16·halves], rows of s 32 floats apart, of w
/// `width`.
CK_INLINE void product(float *s, const float *v, size_t stride, const float *w, size_t width,
                       size_t channels, const int rows, const int halves) {
  // Partial sums of a few channels each: the rounding error grows with their number, not with that
  // of all channels.
  for (size_t done = 0; done < channels; done += CHAIN) {
    size_t some = channels - done < CHAIN ? channels - done : CHAIN;
    ck_f32x16 sums[28];
    CK_UNROLL for (int i = 0; i < rows * halves; i++) sums[i] = (ck_f32x16){0};
    for (size_t c = 0; c < some; c++, w += width) {
      ck_f32x16 weights[2];
      CK_UNROLL for (int h = 0; h < halves; h++) weights[h] = *(const ck_f32x16 *)(w + LANES * h);
      CK_UNROLL for (int r = 0; r < rows; r++) {
        float x = v[(size_t)r * stride + done + c];
        CK_UNROLL for (int h = 0; h < halves; h++) sums[r * halves + h] += weights[h] * x;
      }
    }
    CK_UNROLL for (int r = 0; r < rows; r++) {
      CK_UNROLL for (int h = 0; h < halves; h++) {
        ck_f32x16 *to = (ck_f32x16 *)(s + r * CK_WINOGRAD_BLOCK + LANES * h);
        *to = done ? *to + sums[r * halves + h] : sums[r * halves + h];
      }
    }
  }
}

#define ROWS(r)                                                          \
  case r:                                                                \
    if (r <= most) product(s, v, stride, w, width, channels, r, halves); \
    break;

/// The same for any number of tiles, in blocks of at most `most` and nearly equal size.
CK_INLINE void products(float *s, const float *v, size_t stride, const float *w, size_t width,
                        size_t channels, size_t count, const int most, const int halves) {
  size_t blocks = (count + (size_t)most - 1) / (size_t)most;
  for (size_t left = blocks; left > 0; left--) {
    size_t rows = (count + left - 1) / left;
    switch (rows) { EACH_COUNT(ROWS) }
    count -= rows;
    s += rows * CK_WINOGRAD_BLOCK;
    v += rows * stride;
  }
}

/// The sums of one tile for `width` output channels without transforms, where these would spread
/// infinities and nans over the tile. The weights are recovered from the transformed ones.
static void sum_directly(float *sums, const float *x, const ck_winograd *c, place at,
                         const float *weight, size_t width) {
  const int m = c->tile;
  memset(sums, 0, (size_t)(m * m) * CK_WINOGRAD_BLOCK * sizeof *sums);
  const float *image = x + at.image * c->height * c->width * c->channels;
  for (int tap = 0; tap < 9; tap++) {
    for (size_t channel = 0; channel < c->channels; channel++) {
      float own[CK_WINOGRAD_BLOCK];
      original_weights(own, weight + channel * width, c->channels * width, width, tap / 3, tap % 3,
                       m);
      for (int pixel = 0; pixel < m * m; pixel++) {
        size_t row = at.row + (size_t)(pixel / m), column = at.column + (size_t)(pixel % m);
        if (row >= c->output_height || column >= c->output_width) continue;
        row += (size_t)(tap / 3);
        column += (size_t)(tap % 3);
        if (row < c->pad_top || row - c->pad_top >= c->height || column < c->pad_left ||
            column - c->pad_left >= c->width)
          continue;
        float v =
            image[((row - c->pad_top) * c->width + column - c->pad_left) * c->channels + channel];
        for (size_t o = 0; o < width; o++) sums[pixel * CK_WINOGRAD_BLOCK + (int)o] += own[o] * v;
      }
    }
  }
}

/// Transforms the products of a tile, `step` floats apart, and stores `width` channels from
/// `output` on.
CK_INLINE void scatter_tile(float *y, const float *s, size_t step, const float *x,
                            const ck_winograd *c, const ck_post *post, place at, size_t output,
                            const float *weight, size_t width, const int m) {
  const int n = m + 2;
  ck_f32x16 sums[2][16], strange = {0};
  for (size_t h = 0; h * LANES < width; h++) {
    ck_f32x16 d[36], e[24];
    CK_UNROLL for (int p = 0; p < n * n; p++) d[p] =
        *(const ck_f32x16 *)(s + (size_t)p * step + LANES * h);
    CK_UNROLL for (int j = 0; j < n; j++) transform_output(e + j, d + j, n, n, m);
    CK_UNROLL for (int i = 0; i < m; i++) transform_output(sums[h] + i * m, e + i * n, 1, 1, m);
    // Zero unless a sum is not finite.
    CK_UNROLL for (int p = 0; p < m * m; p++) strange += sums[h][p] - sums[h][p];
  }
  if (ck_sum16(&strange) != 0) {
    float direct[16 * CK_WINOGRAD_BLOCK];
    sum_directly(direct, x, c, at, weight, width);
    for (size_t h = 0; h * LANES < width; h++)
      for (int p = 0; p < m * m; p++)
        sums[h][p] = *(const ck_f32x16 *)(direct + p * CK_WINOGRAD_BLOCK + LANES * h);
  }
  for (size_t h = 0; h * LANES < width; h++) {
    size_t first = output + h * LANES;
    size_t some = c->outputs - first < LANES ? c->outputs - first : LANES;
    float bias[LANES] = {0};
    if (c->bias) memcpy(bias, c->bias + first, some * sizeof *bias);
    for (int i = 0; i < m && at.row + (size_t)i < c->output_height; i++) {
      for (int j = 0; j < m && at.column + (size_t)j < c->output_width; j++) {
        size_t row = at.image * c->output_height + at.row + (size_t)i;
        size_t offset = (row * c->output_width + at.column + (size_t)j) * c->outputs + first;
        store_sums(y, &sums[h][i * m + j], c->bias ? bias : 0, post, offset, some);
      }
    }
  }
}

CK_INLINE void ck_winograd_run_body(float *y, const float *x, const ck_winograd *c,
                                    const ck_post *post, size_t first, size_t count, size_t from,
                                    size_t to, float *scratch, const int most, const int halves) {
  size_t stride = tile_stride(c->channels), step = count * stride, planes = positions(c->tile);
  float *s = scratch + planes * step;
  for (size_t t = 0; t < count; t++) {
    place at = place_of(c, first + t);
    if (c->tile == 4) {
      gather_tile(scratch + t * stride, step, x, c, at, 4);
    } else {
      gather_tile(scratch + t * stride, step, x, c, at, 2);
    }
  }
  for (size_t block = from; block < to; block++) {
    size_t output = block * CK_WINOGRAD_BLOCK, width = block_width(c->outputs, block);
    const float *weight = c->weight + planes * c->channels * output;
    for (size_t p = 0; p < planes; p++) {
      const float *v = scratch + p * step, *w = weight + p * c->channels * width;
      float *sums = s + p * count * CK_WINOGRAD_BLOCK;
      if (halves == 2 && width == CK_WINOGRAD_BLOCK) {
        products(sums, v, stride, w, width, c->channels, count, most, 2);
        continue;
      }
      for (size_t h = 0; h < width; h += LANES)
        products(sums + h, v, stride, w + h, width, c->channels, count, most, 1);
    }
    for (size_t t = 0; t < count; t++) {
      const float *sums = s + t * CK_WINOGRAD_BLOCK;
      place at = place_of(c, first + t);
      if (c->tile == 4) {
        scatter_tile(y, sums, count * CK_WINOGRAD_BLOCK, x, c, post, at, output, weight, width, 4);
      } else {
        scatter_tile(y, sums, count * CK_WINOGRAD_BLOCK, x, c, post, at, output, weight, width, 2);
      }
    }
  }
}

#define PARAMETERS                                                                       \
  (float *y, const float *x, const ck_winograd *conv, const ck_post *post, size_t first, \
   size_t count, size_t from, size_t to, float *scratch)

// The number of tiles is the maximum for which all sums and the weights fit in registers.
#if CK_X86
enum { PORTABLE_TILES = 2 };
#else
enum { PORTABLE_TILES = 6 };
#endif
static void ck_winograd_run_portable PARAMETERS {
  ck_winograd_run_body(y, x, conv, post, first, count, from, to, scratch, PORTABLE_TILES, 1);
}
#if CK_X86
CK_TARGET_AVX2 static void ck_winograd_run_avx2 PARAMETERS {
  ck_winograd_run_body(y, x, conv, post, first, count, from, to, scratch, 6, 1);
}
CK_TARGET_AVX512 static void ck_winograd_run_avx512 PARAMETERS {
  ck_winograd_run_body(y, x, conv, post, first, count, from, to, scratch, 14, 2);
}
#endif
CK_CHOOSE(void, ck_winograd_run, PARAMETERS, (y, x, conv, post, first, count, from, to, scratch))
