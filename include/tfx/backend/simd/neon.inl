// SPDX-License-Identifier: Apache-2.0
// 128-bit lanes of AArch64 for tile.inl.

template <class T> struct lanes;

template <> struct lanes<float> {
  using vector = float32x4_t;
  using mask = int;
  static constexpr int count = 4;

  TFX_INLINE static mask first(int n) { return n >= 4 ? 4 : n <= 0 ? 0 : n; }
  TFX_INLINE static vector splat(float x) { return vdupq_n_f32(x); }
  TFX_INLINE static vector load(const float* p) { return vld1q_f32(p); }
  TFX_INLINE static void store(float* p, vector v) { vst1q_f32(p, v); }
  TFX_INLINE static vector load_operand(const float* p, mask) { return vld1q_f32(p); }
  TFX_INLINE static vector load(const bfloat16* p) {
    std::uint16_t x[4];
    __builtin_memcpy(x, p, sizeof x);
    return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(x), 16));
  }
  TFX_INLINE static vector load_part(const bfloat16* p, mask m) {
    float part[4] = {};
    for (int i = 0; i < m; ++i) part[i] = p[i];
    return vld1q_f32(part);
  }
  TFX_INLINE static vector load_operand(const bfloat16* p, mask m) { return load_part(p, m); }
  TFX_INLINE static vector load_part(const float* p, mask m) {
    if (m == 4) return vld1q_f32(p);
    float part[4] = {};
    for (int i = 0; i < m; ++i) part[i] = p[i];
    return vld1q_f32(part);
  }
  TFX_INLINE static void store_part(float* p, vector v, mask m) {
    if (m == 4) return vst1q_f32(p, v);
    float part[4];
    vst1q_f32(part, v);
    for (int i = 0; i < m; ++i) p[i] = part[i];
  }
  TFX_INLINE static vector fma(vector a, vector b, vector c) { return vfmaq_f32(c, a, b); }
  TFX_INLINE static void columns(const float* const (&at)[1], std::ptrdiff_t row, vector (&to)[4]) {
    const float* const from = at[0];
    for (int k = 0; k < 4; ++k) to[k] = vector{from[k], from[row + k], from[2 * row + k], from[3 * row + k]};
  }
};

template <> struct lanes<double> {
  using vector = float64x2_t;
  using mask = int;
  static constexpr int count = 2;

  TFX_INLINE static mask first(int n) { return n >= 2 ? 2 : n <= 0 ? 0 : n; }
  TFX_INLINE static vector splat(double x) { return vdupq_n_f64(x); }
  TFX_INLINE static vector load(const double* p) { return vld1q_f64(p); }
  TFX_INLINE static void store(double* p, vector v) { vst1q_f64(p, v); }
  TFX_INLINE static vector load_operand(const double* p, mask) { return vld1q_f64(p); }
  TFX_INLINE static vector load_part(const double* p, mask m) {
    if (m == 2) return vld1q_f64(p);
    return vector{m == 1 ? p[0] : 0.0, 0.0};
  }
  TFX_INLINE static void store_part(double* p, vector v, mask m) {
    if (m == 2) return vst1q_f64(p, v);
    if (m == 1) *p = v[0];
  }
  TFX_INLINE static vector fma(vector a, vector b, vector c) { return vfmaq_f64(c, a, b); }
  TFX_INLINE static void columns(const double* const (&at)[1], std::ptrdiff_t row, vector (&to)[2]) {
    const double* const from = at[0];
    for (int k = 0; k < 2; ++k) to[k] = vector{from[k], from[row + k]};
  }
};

/// Products of integers have no tiles here.
using word_of_bytes = one_word;
using best_word_of_bytes = word_of_bytes;
inline constexpr bool has_unit_beyond = false;

inline constexpr int tall_rows = 12, tall_rows_of_one = 12;
/// A panel that is not full is packed with zeros behind it: there are no masks.
inline constexpr bool pads = true;
