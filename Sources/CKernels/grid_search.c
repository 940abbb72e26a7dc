#include "grid_search.h"

#include <math.h>

#include "internal.h"

// 1.5·2^23 (2^52 in double): adding and subtracting it rounds a small number half to even.
#define REAL float
#define ROUNDER 12582912.0f
#define NAMED(name) name##_f32
#include "grid_errors.h"
#undef REAL
#undef ROUNDER
#undef NAMED

#define REAL double
#define ROUNDER 6755399441055744.0
#define NAMED(name) name##_f64
#include "grid_errors.h"
