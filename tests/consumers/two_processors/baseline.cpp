// SPDX-License-Identifier: Apache-2.0
#include "fingerprint.hpp"

fingerprints baseline_fingerprints() { return {fingerprint<float>(), fingerprint<xsimd::batch<float>>()}; }
