// SPDX-License-Identifier: Apache-2.0
#pragma once

/// All stages of pipelines; sources of files have headers of their own.
#include <tfx/data/batch.hpp>
#include <tfx/data/buckets.hpp>
#include <tfx/data/cache.hpp>
#include <tfx/data/combine.hpp>
#include <tfx/data/from.hpp>
#include <tfx/data/interleave.hpp>
#include <tfx/data/map.hpp>
#include <tfx/data/prefetch.hpp>
#include <tfx/data/resample.hpp>
#include <tfx/data/shuffle.hpp>
#include <tfx/data/stages.hpp>
