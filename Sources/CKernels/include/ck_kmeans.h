// SPDX-License-Identifier: Apache-2.0
// The inner loops of exact one-dimensional k-means.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// counts[v] = the number of occurrences of the 16-bit pattern v among n elements; `counts` has
/// 65,536 entries and is overwritten.
void ck_histogram16(uint32_t *counts, const uint16_t *x, size_t n);

/// y[i] = map[x[i]], where map has 65,536 entries.
void ck_map16(uint8_t *y, const uint16_t *x, const uint8_t *map, size_t n);

/// y[i] = max(0, the number of the `count` ≤ 256 ascending `firsts` that are ≤ x[i], minus 1):
/// the index of the interval that contains x[i].
void ck_rank(uint8_t *y, const float *x, const float *firsts, size_t count, size_t n);

/// The same for halves, given as bits, and `count` ≤ 16: `firsts` are halves too, and there are
/// no NaN.
void ck_rank16(uint8_t *y, const uint16_t *x, const uint16_t *firsts, size_t count, size_t n);

/// Adds n values to bins of equal width: for the bin (x - low)·scale, which is within 0…65535,
/// increments `counts` and adds x to `sums`.
void ck_bin(uint32_t *counts, double *sums, const float *x, float low, float scale, size_t n);

/// One row of the dynamic program: the effect of one more cluster on the first `end` values, for
/// ends low…high.
///
/// All arrays are indexed by a number of values, from 0. `weight` and `first` are prefix sums of
/// weights and weighted values, in ascending order of value; all weights are positive. The energy
/// of a cluster is (weighted sum)² / weight: the part of the sum of squares that its mean
/// explains, so maximizing energy minimizes the squared error. `previous` is the maximum energy
/// of the first i values without this cluster, or -∞ if this is impossible.
typedef struct {
  const double *weight, *first, *previous;
  /// Lower bounds of the optimal starts, by end; may be NULL.
  const int32_t *floors;
  /// The range of ends to compute.
  size_t low, high;
  /// The range of permitted starts of the cluster.
  size_t from, to;
} ck_kmeans_row;

/// energy[end] = the maximum over starts of previous[start] + energy of start..<end, and
/// splits[end] is the lowest start that attains it; -∞ if no start is permitted. The optimal
/// start does not decrease with the end, which avoids most of the search.
void ck_kmeans_fill(double *energy, int32_t *splits, ck_kmeans_row row);
