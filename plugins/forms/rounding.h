/* rounding.h - the nearest whole number, of halves the even one, without libm. */
#ifndef BNN_PLUGINS_ROUNDING_H
#define BNN_PLUGINS_ROUNDING_H

/* Of x below 2^22 in magnitude: at 1.5 * 2^23 floats are whole numbers. A zero is +0. */
static inline float rounding_nearest(float x)
{
    const float whole = 0x1.8p23f;
    return (x + whole) - whole;
}

static inline float rounding_hold(float x, float low, float high)
{
    const float t = x < low ? low : x;
    return t > high ? high : t;
}

#endif
