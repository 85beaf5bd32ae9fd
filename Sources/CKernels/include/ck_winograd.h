// SPDX-License-Identifier: Apache-2.0
// 3×3 convolution with stride 1 by Winograd's minimal filtering, in single precision.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ck_post.h"

/// Geometry and weights. Input and output are contiguous, [images, height, width, channels].
typedef struct {
  /// In the order of ck_winograd_pack.
  const float *weight;
  /// One value per output channel, or NULL.
  const float *bias;
  size_t channels, height, width;
  size_t outputs, output_height, output_width;
  /// Padding with zeros: rows above and columns before the input, at most 2. The padding at the end
  /// follows from the extents of the output.
  size_t pad_top, pad_left;
  /// Output rows and columns of a tile: 2, or 4, which multiplies less and rounds more.
  int tile;
} ck_winograd;

/// Output channels of a block. Slices compute whole blocks.
enum { CK_WINOGRAD_BLOCK = 32 };

/// The number of floats of the transformed weights.
size_t ck_winograd_weight_count(int tile, size_t outputs, size_t channels);

/// Transforms the weights of the blocks of output channels from..<to; the others stay as they are.
///
/// Weights are 3×3 contiguous floats for each pair of channels, with these strides in floats;
/// `flipped` reverses both spatial axes.
void ck_winograd_pack(float *packed, int tile, const float *weight, size_t outputs, size_t channels,
                      size_t output_stride, size_t channel_stride, bool flipped, size_t from,
                      size_t to);

/// The number of tiles of one image. Tiles are numbered by image, row and column.
size_t ck_winograd_tiles(const ck_winograd *conv);

/// The number of floats in the scratch buffer for `count` tiles.
size_t ck_winograd_scratch(int tile, size_t channels, size_t count);

/// Computes the blocks of output channels from..<to for the tiles first..<first + count.
///
/// Results do not depend on how tiles and blocks are cut. Values that are not finite affect only
/// the outputs whose windows cover them.
void ck_winograd_run(float *y, const float *x, const ck_winograd *conv, const ck_post *post,
                     size_t first, size_t count, size_t from, size_t to, float *scratch);
