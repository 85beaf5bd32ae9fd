// SPDX-License-Identifier: Apache-2.0
// The inner loops of exact one-dimensional k-means.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// counts[v] = how often the 16-bit pattern v occurs among n; `counts` has 65,536 entries and is
/// overwritten.
void ck_histogram16(uint32_t *counts, const uint16_t *x, size_t n);

/// y[i] = map[x[i]], the map having 65,536 entries.
void ck_map16(uint8_t *y, const uint16_t *x, const uint8_t *map, size_t n);

/// y[i] = max(0, the number of the `count` ≤ 256 ascending `firsts` that are ≤ x[i], minus 1):
/// the index of the interval that contains x[i].
void ck_rank(uint8_t *y, const float *x, const float *firsts, size_t count, size_t n);

/// The same for halves, given by their bits, and `count` ≤ 16: `firsts` are halves too, and none is
/// not a number.
void ck_rank16(uint8_t *y, const uint16_t *x, const uint16_t *firsts, size_t count, size_t n);

/// Adds n values to bins of equal width: bin (x - low)·scale, which lies in 0…65535, gets one more
/// in `counts` and x in `sums`.
void ck_bin(uint32_t *counts, double *sums, const float *x, float low, float scale, size_t n);

/// One row of the dynamic program: what adding one cluster makes of the first `end` values, for
/// ends low…high.
///
/// All arrays are indexed by a number of values, from 0. `weight` and `first` are prefix sums of
/// weights and weighted values, in ascending order of value; all weights are positive. The energy
/// of a cluster is (weighted sum)² / weight: what its mean explains of the sum of squares, so the
/// most energy is the least squared error. `previous` is the most energy of the first i values
/// without this cluster, -∞ where that cannot be.
typedef struct {
  const double *weight, *first, *previous;
  /// Lower bounds of the best starts, by end; NULL for none.
  const int32_t *floors;
  /// The ends that are wanted.
  size_t low, high;
  /// Where the cluster may start.
  size_t from, to;
} ck_kmeans_row;

/// energy[end] = the most previous[start] + energy of start..<end, and splits[end] the lowest start
/// that reaches it; -∞ where no start is left. The best start does not decrease with the end, which
/// spares most of the search.
void ck_kmeans_fill(double *energy, int32_t *splits, ck_kmeans_row row);
