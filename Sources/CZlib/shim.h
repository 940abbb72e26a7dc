#include <zlib.h>

// The macros of zlib.h that Swift does not see.
static inline int tenbin_inflateInit2(z_stream *stream, int bits) {
  return inflateInit2(stream, bits);
}
