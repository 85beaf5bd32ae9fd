// SPDX-License-Identifier: Apache-2.0
// The inner loops of exact one-dimensional k-means: counting 16-bit patterns, and one step of the
// dynamic program.
#include "ck_kmeans.h"

#include <stdlib.h>

#include "dispatch.h"

enum { PATTERNS = 65536 };

void ck_histogram16(uint32_t *counts, const uint16_t *x, size_t n) {
  memset(counts, 0, PATTERNS * sizeof *counts);
  // Equal adjacent values would have to wait for each other's increment. If there are many
  // values, a second set of counters is worth the time to clear it.
  uint32_t *other = n >= 16 * PATTERNS ? calloc(PATTERNS, sizeof *other) : NULL;
  size_t i = 0;
  if (other) {
    for (; i + 2 <= n; i += 2) {
      counts[x[i]]++;
      other[x[i + 1]]++;
    }
    for (int p = 0; p < PATTERNS; p++) counts[p] += other[p];
    free(other);
  }
  for (; i < n; i++) counts[x[i]]++;
}

void ck_map16(uint8_t *y, const uint16_t *x, const uint8_t *map, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = map[x[i]];
}

// A small number of boundaries is compared with each value; a large number is searched by
// bisection.
CK_INLINE void ck_rank_body(uint8_t *y, const float *x, const float *firsts, size_t count,
                            size_t n) {
  enum { FEW = 24 };
  if (count <= FEW) {
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
      ck_f32x16 v = *(const ck_f32x16 *)(x + i);
      ck_i32x16 rank = {0};
      for (size_t j = 1; j < count; j++) rank -= firsts[j] <= v;
      *(ck_u8x16 *)(y + i) = __builtin_convertvector(rank, ck_u8x16);
    }
    for (; i < n; i++) {
      int rank = 0;
      for (size_t j = 1; j < count; j++) rank += firsts[j] <= x[i];
      y[i] = (uint8_t)rank;
    }
    return;
  }
  float padded[512];
  for (size_t j = 0; j < 512; j++) padded[j] = j < count ? firsts[j] : __builtin_inff();
  CK_VECTOR for (size_t i = 0; i < n; i++) {
    int32_t rank = 0;
    for (int32_t step = 128; step > 0; step /= 2) rank += padded[rank + step] <= x[i] ? step : 0;
    y[i] = (uint8_t)rank;
  }
}
CK_DISPATCH(void, ck_rank,
            (uint8_t * y, const float *x, const float *firsts, size_t count, size_t n),
            (y, x, firsts, count, n))

typedef int16_t i16x32 __attribute__((vector_size(64), aligned(2), may_alias));
typedef uint8_t u8x32 __attribute__((vector_size(32), aligned(1), may_alias));

/// Maps halves to integers with the same order; -0 is one less than 0.
CK_INLINE int16_t order16(uint16_t half) { return (int16_t)(half & 0x8000 ? half ^ 0x7fff : half); }

CK_INLINE void ck_rank16_body(uint8_t *y, const uint16_t *x, const uint16_t *firsts, size_t count,
                              size_t n) {
  int16_t keys[16];
  for (size_t j = 1; j < count; j++) {
    int16_t key = order16(firsts[j]);
    keys[j] = key == 0 ? -1 : key;  // an interval that starts at 0 includes -0
  }
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    i16x32 v = *(const i16x32 *)(x + i), rank = {0};
    v ^= v >> 15 & 0x7fff;
    for (size_t j = 1; j < count; j++) rank -= v >= keys[j];
    *(u8x32 *)(y + i) = __builtin_convertvector(rank, u8x32);
  }
  for (; i < n; i++) {
    int rank = 0;
    for (size_t j = 1; j < count; j++) rank += order16(x[i]) >= keys[j];
    y[i] = (uint8_t)rank;
  }
}
CK_DISPATCH(void, ck_rank16,
            (uint8_t * y, const uint16_t *x, const uint16_t *firsts, size_t count, size_t n),
            (y, x, firsts, count, n))

void ck_bin(uint32_t *counts, double *sums, const float *x, float low, float scale, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t bin = (size_t)((x[i] - low) * scale);
    counts[bin]++;
    sums[bin] += x[i];
  }
}

// MARK: One row of the dynamic program

typedef double f64x8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t i64x8 __attribute__((vector_size(64), aligned(8), may_alias));

enum {
  /// The number of ends between two known ones that are searched together, one in each lane.
  LANES = 8,
  /// Above this number of possible starts, the lanes hold starts, and ends are processed one by
  /// one.
  FEW_STARTS = 48
};

/// The optimal start for one end among low…high, the lowest of equal ones; lanes hold starts.
CK_INLINE size_t best_start(const ck_kmeans_row *row, size_t end, size_t low, size_t high,
                            double *energy) {
  const double *weight = row->weight, *first = row->first, *previous = row->previous;
  double w = weight[end], a = first[end], most = -__builtin_inf();
  size_t at = low, i = low;
  if (high >= low + 7) {
    f64x8 most8 = {0};
    i64x8 at8 = {0}, index = {0, 1, 2, 3, 4, 5, 6, 7};
    most8 -= __builtin_inf();
    at8 += (int64_t)low;
    // The last eight starts overlap with previous ones, which does not change the result.
    for (;; i = i + 15 <= high ? i + 8 : high - 7) {
      f64x8 sum = a - *(const f64x8 *)(first + i);
      f64x8 reached =
          *(const f64x8 *)(previous + i) + sum * sum / (w - *(const f64x8 *)(weight + i));
      i64x8 better = reached > most8;
      most8 = (f64x8)((better & (i64x8)reached) | (~better & (i64x8)most8));
      at8 = (better & (index + (int64_t)i)) | (~better & at8);
      if (i == high - 7) break;
    }
    for (int j = 0; j < 8; j++) {
      bool better = most8[j] > most || (most8[j] == most && (size_t)at8[j] < at);
      most = better ? most8[j] : most;
      at = better ? (size_t)at8[j] : at;
    }
  } else {
    for (; i <= high; i++) {
      double sum = a - first[i], reached = previous[i] + sum * sum / (w - weight[i]);
      if (reached > most) {
        most = reached;
        at = i;
      }
    }
  }
  *energy = most;
  return at;
}

/// Computes one end whose optimal start is in low…high.
CK_INLINE void fill_one(double *energy, int32_t *splits, const ck_kmeans_row *row, size_t end,
                        size_t low, size_t high) {
  if (row->floors && low < (size_t)row->floors[end]) low = (size_t)row->floors[end];
  if (high >= end) high = end - 1;
  if (end == 0 || low > high) {
    energy[end] = -__builtin_inf();
    splits[end] = (int32_t)low;
  } else {
    splits[end] = (int32_t)best_start(row, end, low, high, &energy[end]);
  }
}

/// Computes `count` ≤ LANES consecutive ends from `end` on, whose optimal starts are in low…high.
CK_INLINE void fill_lanes(double *energy, int32_t *splits, const ck_kmeans_row *row, size_t end,
                          size_t count, size_t low, size_t high) {
  double ends[2][LANES];
  for (size_t j = 0; j < LANES; j++) {
    size_t e = end + (j < count ? j : count - 1);
    ends[0][j] = row->weight[e];
    ends[1][j] = row->first[e];
  }
  f64x8 w = *(const f64x8 *)ends[0], a = *(const f64x8 *)ends[1], most = {0};
  i64x8 at = {0};
  most -= __builtin_inf();
  at += (int64_t)low;
  if (high >= end + count) high = end + count - 1;
  for (size_t i = low; i <= high; i++) {
    f64x8 sum = a - row->first[i], weight = w - row->weight[i];
    f64x8 reached = row->previous[i] + sum * sum / weight;
    // A start at or after an end leaves no weight.
    i64x8 better = (reached > most) & (weight > 0);
    most = (f64x8)((better & (i64x8)reached) | (~better & (i64x8)most));
    at = (better & (int64_t)i) | (~better & at);
  }
  for (size_t j = 0; j < count; j++) {
    energy[end + j] = most[j];
    splits[end + j] = (int32_t)at[j];
  }
}

/// Every LANES-th end is computed by bisection, with starts between those of its neighbors; then
/// the ends in between.
CK_INLINE void ck_kmeans_fill_body(double *energy, int32_t *splits, ck_kmeans_row row) {
  size_t count = row.high - row.low + 1, step = LANES;
  while (step < count) step *= 2;
  for (; step >= LANES; step /= 2) {
    for (size_t i = step - 1; i < count; i += 2 * step) {
      size_t low = i >= step ? (size_t)splits[row.low + i - step] : row.from;
      size_t high = i + step < count ? (size_t)splits[row.low + i + step] : row.to;
      fill_one(energy, splits, &row, row.low + i, low, high);
    }
  }
  for (size_t i = 0; i < count; i += LANES) {
    size_t inner = count - i < LANES ? count - i : LANES - 1;
    size_t low = i > 0 ? (size_t)splits[row.low + i - 1] : row.from;
    size_t high = i + inner < count ? (size_t)splits[row.low + i + inner] : row.to;
    if (high < low + FEW_STARTS) {
      fill_lanes(energy, splits, &row, row.low + i, inner, low, high);
      continue;
    }
    for (step = LANES / 2; step >= 1; step /= 2) {
      for (size_t j = step - 1; j < inner; j += 2 * step) {
        size_t end = row.low + i + j;
        size_t left = j >= step ? (size_t)splits[end - step] : low;
        size_t right = j + step < inner ? (size_t)splits[end + step] : high;
        fill_one(energy, splits, &row, end, left, right);
      }
    }
  }
}
CK_DISPATCH(void, ck_kmeans_fill, (double *energy, int32_t *splits, ck_kmeans_row row),
            (energy, splits, row))
