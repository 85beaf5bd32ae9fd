// SPDX-License-Identifier: Apache-2.0
// Decodes PNG and JPEG images in memory to 8-bit samples. The longjmp of both libraries does not
// leave these functions.

#ifndef CIMAGES_H
#define CIMAGES_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
  ci_ok = 0,
  ci_damaged = 1,      // the data are truncated or invalid
  ci_unsupported = 2,  // a valid image of an unsupported kind
  ci_no_memory = 3,
} ci_status;

// The content of the header; after a failure, also the error and its position.
typedef struct {
  uint32_t width, height;
  uint32_t channels;  // 1 gray, 2 gray + alpha, 3 RGB, 4 RGBA; samples interleaved
  size_t offset;      // bytes consumed when the error was detected
  char message[200];  // the library's error message, null-terminated
} ci_image;

// Each `…_header` reads only width, height and channels; each `…_pixels` decodes into `pixels`,
// whose size in bytes is `capacity`, at least width * height * channels as returned by the
// header.
//
// PNG: palettes are expanded, transparency becomes alpha, 16-bit samples are reduced to their high
// byte (16-bit gray without alpha is unsupported), and samples of 1, 2 and 4 bits are scaled to
// 0…255. Gamma and color profiles are not applied, as in training pipelines.
ci_status ci_png_header(const uint8_t *bytes, size_t count, ci_image *image);
ci_status ci_png_pixels(const uint8_t *bytes, size_t count, ci_image *image, uint8_t *pixels,
                        size_t capacity);

// Encodes samples as above. If `bytes` is NULL, `*count` receives an upper bound of the size;
// otherwise the image is written to the `*count` bytes at `bytes`, and `*count` receives the
// size.
ci_status ci_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                        uint8_t *bytes, size_t *count);

// JPEG: grayscale remains grayscale, YCbCr and four colors become RGB. Damage that libjpeg would
// replace with gray (truncated data, invalid codes) is an error.
ci_status ci_jpeg_header(const uint8_t *bytes, size_t count, ci_image *image);
ci_status ci_jpeg_pixels(const uint8_t *bytes, size_t count, ci_image *image, uint8_t *pixels,
                         size_t capacity);

#endif
