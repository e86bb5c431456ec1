/* sine.h - sin(x) for |x| <= pi/2, which the kernels do not have: a Taylor series, the same bits on
 * every machine, and right to 1e-7. For STEs beside it. */
#ifndef BNN_STE_SINE_H
#define BNN_STE_SINE_H

static inline float ste_sine(float x)
{
    const float z = x * x;
    float p = 1.6059044e-10f;
    p = p * z - 2.5052108e-8f;
    p = p * z + 2.7557319e-6f;
    p = p * z - 1.9841270e-4f;
    p = p * z + 8.3333333e-3f;
    p = p * z - 1.6666667e-1f;
    return x + x * (z * p);
}

#endif
