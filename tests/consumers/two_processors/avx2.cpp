// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.hpp"

static_assert(sizeof(xsimd::batch<float>) == 32);

fingerprints avx2_fingerprints() { return {fingerprint<float>(), fingerprint<xsimd::batch<float>>()}; }
