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

/// Prefix sums over values sorted in ascending order: element i sums the first i weights, weighted
/// values, weighted squares.
typedef struct {
  const double *weight, *first, *second;
} ck_prefix_sums;

/// The best start i in low…high (inclusive) of the last cluster, holding values i…end inclusive:
/// the least previous[i] + cost(i, end), the lowest i of equals, where cost is the weighted sum of
/// squares about the mean and previous[i] is what the first i values cost. All weights are
/// positive; high ≤ end. Stores that least cost in `best`.
size_t ck_kmeans_split(ck_prefix_sums sums, const double *previous, size_t end, size_t low,
                       size_t high, double *best);
