#include "COpenBLAS.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Everything that is called, by name.
#define FUNCTIONS(X)                                                                         \
  X(cblas_sgemm) X(cblas_dgemm) X(cblas_ssyrk) X(cblas_dsyrk) X(cblas_strmm) X(cblas_dtrmm)  \
  X(cblas_strsm) X(cblas_dtrsm) X(spotrf_) X(dpotrf_) X(strtri_) X(dtrtri_) X(dsyevd_)       \
  X(openblas_get_config) X(openblas_get_corename)

#define POINTER(name) __typeof__(&name) name;
static struct {
  FUNCTIONS(POINTER)
} blas;

// What a caller works in; exported by OpenBLAS, though no header says so.
static void *(*take_buffer)(int);
static void (*return_buffer)(void *);

static void *open_library(void) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  return library ? library : dlopen("libopenblas.so", RTLD_NOW | RTLD_LOCAL);
}

const char *tenbin_blas_better_kernels(const char *chosen, bool avx2, bool avx512) {
  static const char *const fast[] = {"Haswell", "Zen", "Excavator", "SkylakeX", "Cooperlake",
                                     "SapphireRapids"};
  if (!avx2) return NULL;
  for (size_t i = 0; i < sizeof fast / sizeof *fast; i++)
    if (strcmp(chosen, fast[i]) == 0) return NULL;
  return avx512 ? "SkylakeX" : "Haswell";
}

// Opens the library again where it does not know this processor and has taken kernels of an old one,
// which are many times slower. What the user says is left as it is; so is a build with one set of kernels.
static void *with_fast_kernels(void *library) {
#if defined(__x86_64__)
  char *(*name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
  if (!name || getenv("OPENBLAS_CORETYPE")) return library;
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  const char *better = tenbin_blas_better_kernels(name(), avx2, avx512);
  if (!better) return library;
  // Read once, while the library is opened.
  dlclose(library);
  setenv("OPENBLAS_CORETYPE", better, 1);
  library = open_library();
  unsetenv("OPENBLAS_CORETYPE");
#endif
  return library;
}

int tenbin_blas_load(char *why, size_t size) {
  if (blas.cblas_sgemm) return 0;
  // Read once, while the library is opened. Its threads wait for each other in a loop, which takes a
  // core from whoever else has work; the products are divided here instead.
  // The user's own number is put back: it says how many threads divide the products.
  const char *given = getenv("OPENBLAS_NUM_THREADS");
  char *own = given ? strdup(given) : NULL;
  setenv("OPENBLAS_NUM_THREADS", "1", 1);
  void *library = open_library();
  if (library) library = with_fast_kernels(library);
  if (own) setenv("OPENBLAS_NUM_THREADS", own, 1);
  else unsetenv("OPENBLAS_NUM_THREADS");
  free(own);
  if (!library) {
    snprintf(why, size, "%s", dlerror());
    return -1;
  }
#define FIND(function)                                             \
  blas.function = (__typeof__(blas.function))dlsym(library, #function); \
  if (!blas.function) {                                            \
    snprintf(why, size, "no " #function " in libopenblas");       \
    return -1;                                                     \
  }
  FUNCTIONS(FIND)
  take_buffer = (void *(*)(int))dlsym(library, "blas_memory_alloc");
  return_buffer = (void (*)(void *))dlsym(library, "blas_memory_free");
  return 0;
}

int tenbin_blas_reserve(int callers) {
  if (!take_buffer || !return_buffer) return 0;
  void *taken[256];
  if (callers > 256) callers = 256;
  for (int i = 0; i < callers; i++) taken[i] = take_buffer(0);
  for (int i = 0; i < callers; i++) return_buffer(taken[i]);
  return callers;
}

#define GEMM(name, type)                                                                       \
  void name(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb,          \
            blasint m, blasint n, blasint k, type alpha, const type *a, blasint lda,           \
            const type *b, blasint ldb, type beta, type *c, blasint ldc) {                     \
    blas.name(order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);                    \
  }
GEMM(cblas_sgemm, float)
GEMM(cblas_dgemm, double)

#define SYRK(name, type)                                                                       \
  void name(enum CBLAS_ORDER order, enum CBLAS_UPLO uplo, enum CBLAS_TRANSPOSE trans,          \
            blasint n, blasint k, type alpha, const type *a, blasint lda, type beta, type *c,  \
            blasint ldc) {                                                                     \
    blas.name(order, uplo, trans, n, k, alpha, a, lda, beta, c, ldc);                          \
  }
SYRK(cblas_ssyrk, float)
SYRK(cblas_dsyrk, double)

#define TRIANGULAR(name, type)                                                                 \
  void name(enum CBLAS_ORDER order, enum CBLAS_SIDE side, enum CBLAS_UPLO uplo,                \
            enum CBLAS_TRANSPOSE trans, enum CBLAS_DIAG diag, blasint m, blasint n, type alpha, \
            const type *a, blasint lda, type *b, blasint ldb) {                                \
    blas.name(order, side, uplo, trans, diag, m, n, alpha, a, lda, b, ldb);                    \
  }
TRIANGULAR(cblas_strmm, float)
TRIANGULAR(cblas_dtrmm, double)
TRIANGULAR(cblas_strsm, float)
TRIANGULAR(cblas_dtrsm, double)

#define POTRF(name, type)                                                                      \
  void name(const char *uplo, const int *n, type *a, const int *lda, int *info) {              \
    blas.name(uplo, n, a, lda, info);                                                          \
  }
POTRF(spotrf_, float)
POTRF(dpotrf_, double)

#define TRTRI(name, type)                                                                      \
  void name(const char *uplo, const char *diag, const int *n, type *a, const int *lda,         \
            int *info) {                                                                       \
    blas.name(uplo, diag, n, a, lda, info);                                                    \
  }
TRTRI(strtri_, float)
TRTRI(dtrtri_, double)

void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info) {
  blas.dsyevd_(jobz, uplo, n, a, lda, w, work, lwork, iwork, liwork, info);
}

char *openblas_get_config(void) { return blas.openblas_get_config(); }
char *openblas_get_corename(void) { return blas.openblas_get_corename(); }
