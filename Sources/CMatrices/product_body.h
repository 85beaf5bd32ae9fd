// SPDX-License-Identifier: Apache-2.0
// Private: the loops of a matrix product for one element type and one instruction set. CM_NUMBER is
// the type, CM_NAME(x) the name of a function for it, CM_TARGET the attribute of the instruction
// set, CM_BYTES the size of its registers. A tile of CM_ROWS rows of CM_VECTORS registers and its
// operands fit in the registers.

typedef CM_NUMBER CM_NAME(vector)
    __attribute__((vector_size(CM_BYTES), aligned(sizeof(CM_NUMBER)), may_alias));

/// CM_ROWS rows and CM_VECTORS vectors of columns of the product of two packed panels.
CM_TARGET static inline void CM_NAME(tile)(CM_NUMBER *sums, const CM_NUMBER *a, const CM_NUMBER *b,
                                           size_t depth) {
  enum { LANES = CM_BYTES / sizeof(CM_NUMBER) };
  CM_NAME(vector) s[CM_ROWS][CM_VECTORS] = {0};
  for (size_t k = 0; k < depth; k++) {
    CM_NAME(vector) x[CM_VECTORS];
    CM_UNROLL for (int j = 0; j < CM_VECTORS; j++) x[j] =
        *(const CM_NAME(vector) *)(b + (k * CM_VECTORS + j) * LANES);
    CM_UNROLL for (int i = 0; i < CM_ROWS; i++) {
      CM_UNROLL for (int j = 0; j < CM_VECTORS; j++) s[i][j] += a[CM_ROWS * k + i] * x[j];
    }
  }
  CM_NAME(vector) *out = (CM_NAME(vector) *)sums;
  CM_UNROLL for (int i = 0; i < CM_ROWS; i++) {
    CM_UNROLL for (int j = 0; j < CM_VECTORS; j++) out[i * CM_VECTORS + j] = s[i][j];
  }
}

CM_TARGET static void CM_NAME(multiply)(const cm_product *p) {
  enum { ROWS = 96, DEPTH = 256, TILE = CM_VECTORS * CM_BYTES / sizeof(CM_NUMBER) };
  CM_NUMBER a_panel[ROWS * DEPTH], b_panel[DEPTH * TILE], sums[CM_ROWS * TILE];
  const CM_NUMBER *a = p->a, *b = p->b;
  CM_NUMBER *c = p->c;
  const CM_NUMBER sign = (CM_NUMBER)p->sign;
  for (size_t r0 = 0; r0 < p->rows; r0 += ROWS) {
    const size_t rows = p->rows - r0 < ROWS ? p->rows - r0 : ROWS;
    for (size_t k0 = 0; k0 < p->depth; k0 += DEPTH) {
      const size_t depth = p->depth - k0 < DEPTH ? p->depth - k0 : DEPTH;
      for (size_t r = 0; r < rows; r += CM_ROWS)
        for (size_t i = 0; i < CM_ROWS; i++) {
          const CM_NUMBER *from = a + (r0 + r + i) * p->a_row + k0 * p->a_depth;
          CM_NUMBER *to = a_panel + r * DEPTH + i;
          if (r + i < rows)
            for (size_t k = 0; k < depth; k++) to[CM_ROWS * k] = from[k * p->a_depth];
          else
            for (size_t k = 0; k < depth; k++) to[CM_ROWS * k] = 0;
        }
      for (size_t j0 = 0; j0 < p->columns; j0 += TILE) {
        const size_t columns = p->columns - j0 < TILE ? p->columns - j0 : TILE;
        for (size_t k = 0; k < depth; k++) {
          const CM_NUMBER *from = b + (k0 + k) * p->b_row + j0;
          CM_NUMBER *to = b_panel + k * TILE;
          if (columns == TILE)
            memcpy(to, from, TILE * sizeof *to);
          else
            for (size_t j = 0; j < TILE; j++) to[j] = j < columns ? from[j] : 0;
        }
        for (size_t r = 0; r < rows; r += CM_ROWS) {
          CM_NAME(tile)(sums, a_panel + r * DEPTH, b_panel, depth);
          for (size_t i = 0; i < CM_ROWS && r + i < rows; i++) {
            CM_NUMBER *out = c + (r0 + r + i) * p->c_row + j0;
            for (size_t j = 0; j < columns; j++) out[j] += sign * sums[i * TILE + j];
          }
        }
      }
    }
  }
}

#undef CM_NUMBER
#undef CM_NAME
