// Special functions in double precision, by the series of the CPU's backend.

#define PI 3.14159265358979323846
#define LN_2 0.693147180559945309417

// Where the normal distribution's integral is p: a rational first guess (Abramowitz and Stegun 26.2.23) and
// three of Halley's steps, in the lesser half, where the integral loses nothing.
__device__ inline double inverse_normal(double p) {
    double sign = 1.0;
    if (p > 0.5) {
        p = 1.0 - p;
        sign = -1.0;
    }
    // Log gives the infinity at 0, and NaN below it; both stay what they are.
    double l = log(p);
    if (!(p > 0.0)) return sign * l;
    double t = sqrt(-2.0 * l);
    double above = 2.515517 + t * (0.802853 + t * 0.010328);
    double below = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    double x = above / below - t;
    for (int i = 0; i < 3; i++) {
        double off = erfc(-x * 0.70710678118654752440) / 2.0 / p - 1.0;
        double step = off * exp(l + x * x / 2.0) * 2.50662827463100050242;
        x -= step / (1.0 + x * step / 2.0);
    }
    return sign * x;
}

// The inverse of the error function: Giles' polynomial ("Approximating the erfinv function", 2012)
// and three of Halley's steps, on the side where the difference does not cancel.
__device__ inline double inverse_error_function(double x) {
    double a = fabs(x);
    if (!(a < 1.0)) {
        return a == 1.0 ? copysign((double)infinity(), x) : (double)not_a_number();
    }
    double w = -log1p(-a * a);
    double y;
    if (w < 5.0) {
        double t = w - 2.5;
        y = 2.81022636e-8;
        y = y * t + 3.43273939e-7;
        y = y * t - 3.5233877e-6;
        y = y * t - 4.39150654e-6;
        y = y * t + 0.00021858087;
        y = y * t - 0.00125372503;
        y = y * t - 0.00417768164;
        y = y * t + 0.246640727;
        y = y * t + 1.50140941;
        y *= a;
    } else if (w < 16.0) {
        double t = sqrt(w) - 3.0;
        y = -0.000200214257;
        y = y * t + 0.000100950558;
        y = y * t + 0.00134934322;
        y = y * t - 0.00367342844;
        y = y * t + 0.00573950773;
        y = y * t - 0.0076224613;
        y = y * t + 0.00943887047;
        y = y * t + 1.00167406;
        y = y * t + 2.83297682;
        y *= a;
    } else {
        // From erfc(y) = e^(-y²) / (y √π), where the polynomial ends.
        double square = w + LN_2;
        y = sqrt(square - log(PI * square) / 2.0);
    }
    for (int i = 0; i < 3; i++) {
        // 1 - a is exact in the tail, and erf(y) - a is computed from small numbers there.
        double off = a < 0.5 ? erf(y) - a : (1.0 - a) - erfc(y);
        double step = off / (1.12837916709551257390 * exp(-y * y));
        y -= step / (1.0 + y * step);
    }
    return copysign(y, x);
}

// Carried up to 10, and its asymptotic series.
__device__ inline double positive_digamma(double x) {
    double carried = 0.0;
    while (x < 10.0) {
        carried += 1.0 / x;
        x += 1.0;
    }
    double square = 1.0 / (x * x);
    double series = 1.0 / 12.0;
    series = series * square - 691.0 / 32760.0;
    series = series * square + 1.0 / 132.0;
    series = series * square - 1.0 / 240.0;
    series = series * square + 1.0 / 252.0;
    series = series * square - 1.0 / 120.0;
    series = series * square + 1.0 / 12.0;
    return log(x) - 0.5 / x - series * square - carried;
}

__device__ inline double digamma(double x) {
    if (x == 0.0) {
        return copysign((double)infinity(), -x);
    }
    if (x < 0.0) {
        double whole = trunc(x);
        if (whole == x) {
            return not_a_number();
        }
        // Reflected.
        return positive_digamma(1.0 - x) - PI / tan(PI * (x - whole));
    }
    return positive_digamma(x);
}

// `e^-x I_order(x)` for `x >= 0`: the power series, whose terms are all positive, and for large
// numbers the asymptotic one.
__device__ inline double scaled_bessel(int order, double x) {
    if (x == 0.0) {
        return 1 - order;
    }
    if (x == (double)infinity()) {
        return 0.0;
    }
    double term = 1.0, sum = 1.0, k = 1.0;
    if (x < 30.0) {
        double quarter = x * x / 4.0;
        while (term > sum * 1e-17) {
            term *= quarter / (k * (k + order));
            sum += term;
            k += 1.0;
        }
        return (order == 0 ? 1.0 : x / 2.0) * sum * exp(-x);
    }
    while (fabs(term) > 1e-17 && k < 60.0) {
        double odd = 2.0 * k - 1.0;
        term *= (odd * odd - 4.0 * order * order) / (8.0 * k * x);
        sum += term;
        k += 1.0;
    }
    return sum / sqrt(2.0 * PI * x);
}

// Hurwitz's zeta function `Σ (q + k)⁻ˣ` by Euler and Maclaurin's formula.
__device__ inline double hurwitz_zeta(double x, double q) {
    if (x == 1.0) {
        return infinity();
    }
    if (is_nan(x) || is_nan(q) || x < 1.0) {
        return not_a_number();
    }
    if (q <= 0.0) {
        if (trunc(q) == q) {
            return infinity();
        }
        // A negative number has no power that is not whole.
        if (trunc(x) != x) {
            return not_a_number();
        }
    }
    double sum = 0.0, at = q;
    while (at < 12.0) {
        double term = pow(at, -x);
        sum += term;
        at += 1.0;
        // Ever smaller terms: the rest changes nothing.
        if (at > 1.0 && term < sum * 1e-18) {
            return sum;
        }
    }
    double power = pow(at, -x);
    sum += at * power / (x - 1.0) + 0.5 * power;
    double factor = x;
    power /= at;
    // B₂ₖ / (2k)!
    const double series[8] = {
        1.0 / 12.0,
        -1.0 / 720.0,
        1.0 / 30240.0,
        -1.0 / 1209600.0,
        1.0 / 47900160.0,
        -691.0 / 1307674368000.0,
        1.0 / 74724249600.0,
        -3617.0 / 10670622842880000.0,
    };
#pragma unroll
    for (int k = 0; k < 8; k++) {
        sum += series[k] * factor * power;
        double next = x + 2.0 * k;
        factor *= (next + 1.0) * (next + 2.0);
        power /= at * at;
    }
    return sum;
}

// Of logarithms: that of the sum of what they are logarithms of.
template <class A> __device__ inline A log_sum_exp(A a, A b) {
    A low = a < b ? a : b, high = a < b ? b : a;
    A endless = (A)infinity();
    // Two equal infinities differ by NaN; a NaN in either is the sum.
    if (low == -endless || (low == high && high == endless)) {
        return high;
    }
    return high + m_log1p(m_exp(low - high));
}
