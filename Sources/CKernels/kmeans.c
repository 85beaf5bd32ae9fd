// SPDX-License-Identifier: Apache-2.0
// The inner loops of exact one-dimensional k-means: counting 16-bit patterns, and one step of the
// dynamic program.
#include "ck_kmeans.h"

#include <stdlib.h>

#include "dispatch.h"

enum { PATTERNS = 65536 };

void ck_histogram16(uint32_t *counts, const uint16_t *x, size_t n) {
  memset(counts, 0, PATTERNS * sizeof *counts);
  // Equal neighbours would wait for each other's increment. Over many values a second set of
  // counters pays for its clearing.
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

typedef double f64x8 __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t i64x8 __attribute__((vector_size(64), aligned(8), may_alias));

// The weighted squares about the mean, from a cluster's sums; rounding must not make it negative.
#define SPREAD(w, a, b) ((b) - (a) * (a) / (w))

CK_INLINE size_t ck_kmeans_split_body(ck_prefix_sums sums, const double *previous, size_t end,
                                      size_t low, size_t high, double *best) {
  double weight = sums.weight[end + 1], first = sums.first[end + 1], second = sums.second[end + 1];
  double least = __builtin_inf();
  size_t at = low, i = low;
  if (high - low >= 15) {
    f64x8 least8 = {0};
    i64x8 at8 = {0}, index = {0, 1, 2, 3, 4, 5, 6, 7};
    least8 += __builtin_inf();
    index += (int64_t)low;
    for (; i + 7 <= high; i += 8, index += 8) {
      f64x8 w = weight - *(const f64x8 *)(sums.weight + i),
            a = first - *(const f64x8 *)(sums.first + i);
      f64x8 b = second - *(const f64x8 *)(sums.second + i);
      f64x8 spread = SPREAD(w, a, b);
      f64x8 cost = *(const f64x8 *)(previous + i) + (f64x8)((spread > 0) & (i64x8)spread);
      i64x8 better = cost < least8;
      least8 = (f64x8)((better & (i64x8)cost) | (~better & (i64x8)least8));
      at8 = (better & index) | (~better & at8);
    }
    for (int j = 0; j < 8; j++) {
      bool better = least8[j] < least || (least8[j] == least && (size_t)at8[j] < at);
      least = better ? least8[j] : least;
      at = better ? (size_t)at8[j] : at;
    }
  }
  for (; i <= high; i++) {
    double w = weight - sums.weight[i], a = first - sums.first[i], b = second - sums.second[i];
    double spread = SPREAD(w, a, b), cost = previous[i] + (spread > 0 ? spread : 0);
    if (cost < least) {
      least = cost;
      at = i;
    }
  }
  *best = least;
  return at;
}
CK_DISPATCH(size_t, ck_kmeans_split,
            (ck_prefix_sums sums, const double *previous, size_t end, size_t low, size_t high,
             double *best),
            (sums, previous, end, low, high, best))
