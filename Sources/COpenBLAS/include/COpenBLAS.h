// CBLAS from OpenBLAS, and the few LAPACK routines it exports under their Fortran names
// (Debian's build has no LAPACKE). Matrices are column-major for the latter.
//
// The library is opened when it is first needed, not when the program starts: only so can it be told
// how many threads and how much memory it may take. tenbin_blas_load comes before everything else.
#pragma once
#include <cblas.h>
#include <stdbool.h>
#include <stddef.h>

void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info);
void strtri_(const char *uplo, const char *diag, const int *n, float *a, const int *lda, int *info);
void dtrtri_(const char *uplo, const char *diag, const int *n, double *a, const int *lda, int *info);
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info);

// The kernels (an OPENBLAS_CORETYPE) for a processor with those instructions where OpenBLAS has
// `chosen` slower ones, as it does for a processor that is younger than it; NULL where it has not.
const char *tenbin_blas_better_kernels(const char *chosen, bool avx2, bool avx512);

// Opens OpenBLAS with one thread of its own, and kernels that use what the processor has. Returns 0, or writes why it cannot be had to `why`.
int tenbin_blas_load(char *why, size_t size);

// Lets OpenBLAS take the working memory of `callers` threads that call it at a time; a thread that
// finds none later looks for it for ever. Returns 0 where this build does not say how.
int tenbin_blas_reserve(int callers);
