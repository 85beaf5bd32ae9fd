// SPDX-License-Identifier: Apache-2.0
// Encodes PNG with libpng's simplified writer, which returns errors instead of calling longjmp.

#include "CImages.h"

#include <png.h>
#include <string.h>

ci_status ci_png_encode(const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels,
                        uint8_t *bytes, size_t *count) {
  static const png_uint_32 formats[] = {0, PNG_FORMAT_GRAY, PNG_FORMAT_GA, PNG_FORMAT_RGB,
                                        PNG_FORMAT_RGBA};
  if (channels < 1 || channels > 4) return ci_unsupported;
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = formats[channels];
  png_alloc_size_t size = bytes ? *count : PNG_IMAGE_PNG_SIZE_MAX(image);
  int is_done =
      bytes == NULL || png_image_write_to_memory(&image, bytes, &size, 0, pixels, 0, NULL);
  png_image_free(&image);
  *count = size;
  return is_done ? ci_ok : ci_no_memory;
}
