// SPDX-License-Identifier: Apache-2.0
// Decodes JPEG with libjpeg-turbo's sequential reader.

#include "CImages.h"

#include <setjmp.h>
#include <stdio.h>
#include <jpeglib.h>
#include <jerror.h>

// A progressive file may repeat scans over the whole image. Each takes time but hardly any bytes,
// so their number is limited.
enum { most_scans = 500 };

typedef struct {
  struct jpeg_error_mgr base;  // first, so that libjpeg's pointer to it is a pointer to this
  jmp_buf jump;
  ci_image *image;
} errors;

static void fail(j_common_ptr codec) {
  errors *e = (errors *)codec->err;
  char text[JMSG_LENGTH_MAX];
  e->base.format_message(codec, text);
  snprintf(e->image->message, sizeof e->image->message, "%s", text);
  longjmp(e->jump, 1);
}

static void stay_silent(j_common_ptr codec) { (void)codec; }

static void on_message(j_common_ptr codec, int level) {
  if (level >= 0) return;
  switch (codec->err->msg_code) {
    case JWRN_ARITH_BAD_CODE:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
      fail(codec);
    default:  // stray bytes between segments, unknown versions and invalid profiles do not affect
              // the pixels
      break;
  }
}

static void count_scans(j_common_ptr codec) {
  j_decompress_ptr decoder = (j_decompress_ptr)codec;
  if (decoder->input_scan_number > most_scans) ERREXIT(codec, JERR_BAD_PROGRESSION);
}

// Converts samples to RGB. Four-color files hold inverted samples, as Adobe's programs write them.
static void rgb_of_inverted_cmyk(const uint8_t *from, uint8_t *to, size_t width) {
  for (size_t x = 0; x < width; x++, from += 4, to += 3)
    for (int i = 0; i < 3; i++) {
      unsigned product = (255u - from[i]) * from[3] + 128;
      to[i] = (uint8_t)(from[3] - (((product >> 8) + product) >> 8));
    }
}

static ci_status decode(const uint8_t *bytes, size_t count, ci_image *image, uint8_t *pixels,
                        size_t capacity) {
  struct jpeg_decompress_struct decoder;
  errors e;
  image->offset = 0;
  image->message[0] = 0;
  e.image = image;
  decoder.err = jpeg_std_error(&e.base);
  e.base.error_exit = fail;
  e.base.output_message = stay_silent;
  e.base.emit_message = on_message;
  decoder.mem = NULL;  // so that a failure inside jpeg_create_decompress can be cleaned up
  decoder.src = NULL;
  struct jpeg_progress_mgr progress = {.progress_monitor = count_scans};

  if (setjmp(e.jump)) {
    if (decoder.src && decoder.src->bytes_in_buffer <= count)
      image->offset = count - decoder.src->bytes_in_buffer;
    ci_status status = e.base.msg_code == JERR_OUT_OF_MEMORY ? ci_no_memory : ci_damaged;
    jpeg_destroy_decompress(&decoder);
    return status;
  }
  jpeg_create_decompress(&decoder);
  decoder.progress = &progress;
  jpeg_mem_src(&decoder, bytes, count);
  jpeg_read_header(&decoder, TRUE);

  int gray = decoder.jpeg_color_space == JCS_GRAYSCALE;
  int four = decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK;
  decoder.out_color_space = gray ? JCS_GRAYSCALE : four ? JCS_CMYK : JCS_RGB;
  image->width = decoder.image_width;
  image->height = decoder.image_height;
  image->channels = gray ? 1 : 3;

  if (pixels) {
    size_t row = (size_t)image->width * image->channels;
    if (capacity / row < image->height) ERREXIT(&decoder, JERR_BUFFER_SIZE);
    jpeg_start_decompress(&decoder);
    JSAMPARRAY line = NULL;
    if (four)
      line = decoder.mem->alloc_sarray((j_common_ptr)&decoder, JPOOL_IMAGE, 4 * image->width, 1);
    while (decoder.output_scanline < decoder.output_height) {
      JSAMPROW to = pixels + decoder.output_scanline * row;
      jpeg_read_scanlines(&decoder, four ? line : &to, 1);
      if (four) rgb_of_inverted_cmyk(line[0], to, image->width);
    }
    jpeg_finish_decompress(&decoder);
  }
  jpeg_destroy_decompress(&decoder);
  return ci_ok;
}

ci_status ci_jpeg_header(const uint8_t *bytes, size_t count, ci_image *image) {
  return decode(bytes, count, image, NULL, 0);
}

ci_status ci_jpeg_pixels(const uint8_t *bytes, size_t count, ci_image *image, uint8_t *pixels,
                         size_t capacity) {
  return decode(bytes, count, image, pixels, capacity);
}
