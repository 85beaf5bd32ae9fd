// SPDX-License-Identifier: Apache-2.0
// Decodes PNG with libpng's sequential reader.

#include "CImages.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t count, at;
  ci_image *image;
} source;

static void on_error(png_structp png, png_const_charp message) {
  source *from = png_get_error_ptr(png);
  from->image->offset = from->at;
  snprintf(from->image->message, sizeof from->image->message, "%s", message);
  png_longjmp(png, 1);
}

// Warnings are about ancillary chunks (profiles, times, text), which are not used.
static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void read_bytes(png_structp png, png_bytep to, size_t wanted) {
  source *from = png_get_io_ptr(png);
  if (wanted > from->count - from->at) {
    from->at = from->count;
    png_error(png, "the data end before the image does");
  }
  memcpy(to, from->bytes + from->at, wanted);
  from->at += wanted;
}

// All variables that are read after a longjmp are in `from`.
static ci_status decode(source *from, uint8_t *pixels, size_t capacity) {
  ci_image *image = from->image;
  image->offset = 0;
  image->message[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, from, on_error, on_warning);
  if (!png) return ci_no_memory;
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return ci_no_memory;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return ci_damaged;
  }
  png_set_read_fn(png, from, read_bytes);
  png_set_chunk_malloc_max(png, 8u << 20);
  png_set_chunk_cache_max(png, 64);
  png_read_info(png, info);

  // The usual conversion of 16-bit gray to 8 bits clips at 255, and any other changes every value.
  if (png_get_bit_depth(png, info) == 16 && png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY) {
    snprintf(image->message, sizeof image->message, "PNG with 16-bit gray samples");
    png_destroy_read_struct(&png, &info, NULL);
    return ci_unsupported;
  }
  png_set_expand(png);
  png_set_strip_16(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  image->width = png_get_image_width(png, info);
  image->height = png_get_image_height(png, info);
  image->channels = png_get_channels(png, info);
  size_t row = png_get_rowbytes(png, info);
  if (row != (size_t)image->width * image->channels) png_error(png, "samples are not 8 bits wide");

  if (pixels) {
    if (capacity / row < image->height) png_error(png, "the buffer is too small");
    for (int pass = 0; pass < passes; pass++)
      for (uint32_t y = 0; y < image->height; y++) png_read_row(png, pixels + y * row, NULL);
    png_read_end(png, NULL);
  }
  png_destroy_read_struct(&png, &info, NULL);
  return ci_ok;
}

ci_status ci_png_header(const uint8_t *bytes, size_t count, ci_image *image) {
  source from = {bytes, count, 0, image};
  return decode(&from, NULL, 0);
}

ci_status ci_png_pixels(const uint8_t *bytes, size_t count, ci_image *image, uint8_t *pixels,
                        size_t capacity) {
  source from = {bytes, count, 0, image};
  return decode(&from, pixels, capacity);
}
