// SPDX-License-Identifier: Apache-2.0
// Private: the loops of a matrix product for one element type. CM_NUMBER is the type, CM_NAME(x)
// the name of a function for it.

enum { CM_NAME(LANES) = 64 / sizeof(CM_NUMBER), CM_NAME(TILE) = 2 * 64 / sizeof(CM_NUMBER) };
typedef CM_NUMBER CM_NAME(vector)
    __attribute__((vector_size(64), aligned(sizeof(CM_NUMBER)), may_alias));

/// Four rows and two vectors of columns of the product of two packed panels.
CK_INLINE void CM_NAME(tile)(CM_NUMBER *sums, const CM_NUMBER *a, const CM_NUMBER *b,
                             size_t depth) {
  CM_NAME(vector)
  s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0}, s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
  for (size_t k = 0; k < depth; k++) {
    const CM_NAME(vector) x = *(const CM_NAME(vector) *)(b + k * CM_NAME(TILE));
    const CM_NAME(vector) y = *(const CM_NAME(vector) *)(b + k * CM_NAME(TILE) + CM_NAME(LANES));
    const CM_NUMBER *f = a + 4 * k;
    s00 += f[0] * x, s01 += f[0] * y;
    s10 += f[1] * x, s11 += f[1] * y;
    s20 += f[2] * x, s21 += f[2] * y;
    s30 += f[3] * x, s31 += f[3] * y;
  }
  CM_NAME(vector) *out = (CM_NAME(vector) *)sums;
  out[0] = s00, out[1] = s01, out[2] = s10, out[3] = s11;
  out[4] = s20, out[5] = s21, out[6] = s30, out[7] = s31;
}

CK_INLINE void CM_NAME(multiply_body)(const cm_product *p) {
  enum { ROWS = 32, DEPTH = 256, TILE = CM_NAME(TILE) };
  CM_NUMBER a_panel[ROWS * DEPTH], b_panel[DEPTH * TILE], sums[4 * TILE];
  const CM_NUMBER *a = p->a, *b = p->b;
  CM_NUMBER *c = p->c;
  const CM_NUMBER sign = (CM_NUMBER)p->sign;
  for (size_t r0 = 0; r0 < p->rows; r0 += ROWS) {
    const size_t rows = p->rows - r0 < ROWS ? p->rows - r0 : ROWS;
    for (size_t k0 = 0; k0 < p->depth; k0 += DEPTH) {
      const size_t depth = p->depth - k0 < DEPTH ? p->depth - k0 : DEPTH;
      for (size_t r = 0; r < rows; r += 4)
        for (size_t k = 0; k < depth; k++)
          for (size_t i = 0; i < 4; i++)
            a_panel[r * DEPTH + 4 * k + i] =
                r + i < rows ? a[(r0 + r + i) * p->a_row + (k0 + k) * p->a_depth] : 0;
      for (size_t j0 = 0; j0 < p->columns; j0 += TILE) {
        const size_t columns = p->columns - j0 < TILE ? p->columns - j0 : TILE;
        for (size_t k = 0; k < depth; k++) {
          const CM_NUMBER *from = b + (k0 + k) * p->b_row + j0;
          CM_NUMBER *to = b_panel + k * TILE;
          if (columns == TILE) {
            memcpy(to, from, TILE * sizeof *to);
          } else {
            for (size_t j = 0; j < TILE; j++) to[j] = j < columns ? from[j] : 0;
          }
        }
        for (size_t r = 0; r < rows; r += 4) {
          CM_NAME(tile)(sums, a_panel + r * DEPTH, b_panel, depth);
          for (size_t i = 0; i < 4 && r + i < rows; i++) {
            CM_NUMBER *out = c + (r0 + r + i) * p->c_row + j0;
            for (size_t j = 0; j < columns; j++) out[j] += sign * sums[i * TILE + j];
          }
        }
      }
    }
  }
}
