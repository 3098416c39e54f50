/* numbers.h: functions of numbers, whole or not, that plain C operators do not give as NumPy defines them.
 *
 * Included once per T, by kernels/bodies.h. */

/* Either NaN wins: both comparisons are false only where there is one. */
static inline T VM(maximum)(T x, T y) { return x >= y ? x : x < y ? y : (T)((U)x + (U)y); }
static inline T VM(minimum)(T x, T y) { return x <= y ? x : x > y ? y : (T)((U)x + (U)y); }

#ifdef TN_FLOAT_BITS

/* The remainder with the sign of y; NaN where y is 0. */
static inline T VM(floormod)(T x, T y) {
    T rest = fmod(x, y);
    if (rest == 0) return copysign(0 * rest, y);
    return (rest < 0) != (y < 0) ? rest + y : rest;
}

/* floor(x / y) as if the quotient were exact, so that x == floordiv * y + floormod. */
static inline T VM(floordiv)(T x, T y) {
    if (y == 0) return x / y;
    T rest = fmod(x, y), quotient = (x - rest) / y;
    if (rest != 0 && (rest < 0) != (y < 0)) quotient -= 1;
    if (quotient == 0) return copysign(0 * quotient, x / y);
    T whole = floor(quotient);
    return quotient - whole > (T)0.5 ? whole + 1 : whole;
}

#else

/* Division by 0 gives 0, as in NumPy; the one quotient that overflows wraps round. */
static inline T VM(floordiv)(T x, T y) {
    if (y == 0) return 0;
    if (y == -1) return (T)((U)0 - (U)x);
    return x / y - (x % y != 0 && (x < 0) != (y < 0));
}

static inline T VM(floormod)(T x, T y) {
    if (y == 0 || y == -1) return 0;
    T rest = x % y;
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

#endif
