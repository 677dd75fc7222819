// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include <tfx/train/storage.hpp>

using tfx::detail::buffer;

namespace {

template <class T> bool all_zero(const buffer<T>& b) {
  for (std::size_t i = 0; i < b.size(); ++i)
    if (b.data()[i] != T(0)) return false;
  return true;
}

}  // namespace

// Sizes on both sides of the one from which on memory lies in huge pages.
TEST_CASE_TEMPLATE("buffers are zeroed, on lines, and move and copy whole, whatever their size", T, float, double) {
  constexpr std::size_t huge = (std::size_t(4) << 20) / sizeof(T), line = 64 / sizeof(T);
  for (std::size_t count : {std::size_t(1), std::size_t(1000), huge - line - 1, huge - line, huge, 2 * huge + 3}) {
    CAPTURE(count);
    buffer<T> b(count);
    CHECK(b.size() == count);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    CHECK(all_zero(b));
    b.data()[0] = 1;
    b.data()[count - 1] = 2;
    b.data()[count - 1 + line] = 3;   // the line to spare

    buffer<T> copy = b;
    CHECK(copy.data() != b.data());
    CHECK(copy.data()[count - 1] == 2);
    const T* const where = b.data();
    buffer<T> moved = std::move(b);
    CHECK(moved.data() == where);
    CHECK(b.data() == nullptr);
    copy = std::move(moved);
    CHECK(copy.data() == where);

    copy.grow(count);   // fits: stays
    CHECK(copy.data() == where);
    copy.grow(2 * count + 1);
    CHECK(copy.size() == 2 * count + 1);
    CHECK(all_zero(copy));
  }
}
