// SPDX-License-Identifier: Apache-2.0
// Private: constants of Winograd convolution, the layout of its weights, and their inverse
// transform.
#pragma once

#include "ck_winograd.h"
#include "lanes.h"

enum { CHAIN = 32 };

/// The points ±P and ±Q of 4×4 tiles.
#define P 0.625f
#define Q 1.5f

/// Positions of a transformed tile.
CK_INLINE size_t positions(int tile) { return (size_t)((tile + 2) * (tile + 2)); }

/// Output channels of a block, a multiple of LANES. Packed weights are [blocks, positions,
/// channels, width].
CK_INLINE size_t block_width(size_t outputs, size_t block) {
  size_t left = padded(outputs) - block * CK_WINOGRAD_BLOCK;
  return left < CK_WINOGRAD_BLOCK ? left : CK_WINOGRAD_BLOCK;
}

/// The first of the two positions that a weight at `tap` is recovered from, and their factors; both
/// are the same position where one is enough.
typedef struct {
  int first, second;
  float factor, second_factor;
} recovery;

CK_INLINE recovery recovery_of(int tap, int tile) {
  if (tap == 2) return (recovery){tile + 1, tile + 1, 1, 0};
  if (tile == 2) return tap == 0 ? (recovery){0, 0, 1, 0} : (recovery){1, 2, 1, -1};
  const float p2 = P * P, q2 = Q * Q;
  if (tap == 0) return (recovery){0, 0, p2 * q2, 0};
  return (recovery){1, 2, P * (p2 - q2), -(P * (p2 - q2))};
}

/// The weights of `width` output channels at a row and column of the kernel, from transformed ones
/// `step` floats apart.
CK_INLINE void original_weights(float *to, const float *packed, size_t step, size_t width, int row,
                                int column, int tile) {
  recovery a = recovery_of(row, tile), b = recovery_of(column, tile);
  const int n = tile + 2;
  for (size_t o = 0; o < width; o++) {
    const float *u = packed + o;
    float first = b.factor * u[(size_t)(a.first * n + b.first) * step] +
                  b.second_factor * u[(size_t)(a.first * n + b.second) * step];
    float second = b.factor * u[(size_t)(a.second * n + b.first) * step] +
                   b.second_factor * u[(size_t)(a.second * n + b.second) * step];
    to[o] = a.factor * first + a.second_factor * second;
  }
}
