// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <array>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/run/executable.hpp>
#include <tfx/core/tensor.hpp>
#include <tfx/train/present_lengths.hpp>
#include <tfx/train/steps.hpp>
#include <tfx/train/storage.hpp>
#include <tfx/train/variable.hpp>

namespace tfx {

/// A training step of one's own, compiled: any constexpr callable over traced values. Parameters, state and the optimizers'
/// memory live in the program; one arena, one list of kernels, no heap in the loop.
///
///     program<gan, input<64, 28, 28>, input<64, 100>, input<>> step{seed{1}};
///     auto [d, g] = step(batch, noise, 2e-4);
///
/// Arguments: a number for `input<>`; else contiguous numbers (anything with data() and size()) of at most the bound's rows,
/// read where they are if they have the input's element type, else converted.
/// Inputs with lengths come behind those of the run: `step(lengths{17}, x)`; a row then has as many steps.
/// Results: a number for each scalar output, a tensor of its element type for each other one (rows beyond those present are 0);
/// a vector of the elements present where an output follows a length.
/// Numbers need no heap; large tensors, which own heap memory, are moved to the caller.
/// `program_on<backend::threads<4>, gan, ...>` says where it runs; `program<gan, ...>` runs on the machine's vectors.
template <class Backend, const auto& Step, class... Input> class program_on {
  using asked = detail::user_step<Step, Input...>;
  static constexpr bool right = verdict<asked>::right;
  using step_type = std::conditional_t<right, asked, empty_step>;
  using outputs_type = detail::bundle_of<decltype(Step(std::declval<detail::var_of<Input>>()...))>;
  static constexpr auto every_output = std::make_index_sequence<std::tuple_size<outputs_type>::value>{};

public:
  using value_type = float;
  using backend_type = Backend;
  using plan_type = plan<step_type>;
  using executable_type = executable<plan_type, backend_type, value_type>;
  using T = value_type;
  [[no_unique_address]] tell<right, verdict<asked>> told;

  /// All memory of a run besides parameters, state, the optimizers' memory, inputs and outputs.
  static constexpr std::size_t arena_bytes = executable_type::arena_elements * sizeof(T);
  static constexpr int parameter_count = [] {
    int n = 0;
    for (int i = 0; i < plan_type::n_leaves; ++i)
      if (plan_type::leaves[std::size_t(i)].space == parameter_space) n += plan_type::leaves[std::size_t(i)].size;
    return n;
  }();

  explicit program_on(seed s = {}) : seed_(s.value), arena_(executable_type::arena_elements) {
    for (int i = parameter_space; i < first_io_space; ++i) space_[std::size_t(i)].grow(std::size_t(plan_type::space_size(i)) + leaf_alignment);
    space_[counter_space].grow(max_regions);
    space_[constant_space].grow(plan_type::constants.size());
    for (std::size_t i = 0; i < plan_type::constants.size(); ++i) space_[constant_space].data()[i] = plan_type::constants[i].template word<T>();
    detail::initialize<plan_type>(parameter_space, space_[parameter_space].data(), seed_);
    detail::initialize<plan_type>(state_space, space_[state_space].data(), seed_);
    std::size_t k = 0;
    ((inputs_[k++] = detail::buffer<T>(std::size_t(held_shape(Input::shape_type::value, dtype_of<typename Input::value_type>).size()))), ...);
  }

  template <class... Argument> auto operator()(const Argument&... argument) {
    static_assert(plan_type::n_lengths == 0, "tfx::program: its inputs have lengths, which are given first: step(lengths{17}, x)");
    return run(nullptr, every_output, argument...);
  }
  template <class... Argument> auto operator()(const lengths& present, const Argument&... argument) {
    static_assert(!right || plan_type::n_lengths > 0, "tfx::program: lengths are given, but its inputs have none");
    if constexpr (right) detail::check_lengths<plan_type>("program", present);
    return run(present.value, every_output, argument...);
  }

  /// Calls f(path, shape, address) for every parameter and every state.
  template <class F> void for_each_variable(F f) {
    detail::each_variable<parameter_space, plan_type>(space_[parameter_space].data(), f);
    detail::each_variable<state_space, plan_type>(space_[state_space].data(), f);
  }
  template <class F> void for_each_variable(F f) const {
    detail::each_variable<parameter_space, plan_type>(static_cast<const T*>(space_[parameter_space].data()), f);
    detail::each_variable<state_space, plan_type>(static_cast<const T*>(space_[state_space].data()), f);
  }
  /// The numbers of one of them.
  std::span<T> variable(std::string_view path) { return detail::variable_of<T>(*this, path, "program"); }
  std::span<const T> variable(std::string_view path) const { return detail::variable_of<const T>(*this, path, "program"); }
  /// As `for_each_variable`, for everything that the next run goes on from: the optimizers' memory, the number of steps and the seed as well.
  template <class F> void for_each_training_variable(F f) {
    for_each_variable(f);
    detail::each_variable<slot_space, plan_type>(space_[slot_space].data(), f);
    detail::each_counter(seed_, step_, f);
  }
  std::uint64_t steps_trained() const { return step_; }

private:
  template <std::size_t... K, class... Argument> auto run(const int* length, std::index_sequence<K...>, const Argument&... argument) {
    static_assert(sizeof...(Argument) == sizeof...(Input), "tfx::program: one argument for each input");
    std::tuple<result<K>...> out{};
    if constexpr (right) {
      bindings<T> b;
      b.base[arena_space] = arena_.data();
      for (int i = parameter_space; i < first_io_space; ++i) b.base[i] = space_[std::size_t(i)].data();
      b.scratch = arena_.data() + plan_type::arena_elements;
      int rows = 0;
      [&]<std::size_t... I>(std::index_sequence<I...>) { (bind<Input, int(I)>(b, length, rows, argument), ...); }(std::index_sequence_for<Input...>{});
      int k = int(sizeof...(Input));
      std::apply([&](auto&... r) { ((b.base[first_io_space + k++] = r.address()), ...); }, out);
      b.run = {seed_, ++step_, rows};
      space_[batch_space].data()[0] = T(rows);
      space_[batch_space].data()[1] = rows ? T(1) / T(rows) : T(0);
      if constexpr (plan_type::n_lengths > 0) {
        b.length = length;
        detail::put_lengths_of_run(length, plan_type::n_lengths, space_[batch_space].data());
      }
      executable_type::run(b);
      (std::get<K>(out).cut(length, rows), ...);
    }
    return std::apply([](auto&... r) { return unwrapped(r.take()...); }, out);
  }

  template <class V> struct unbounded {
    static constexpr dims value = [] {
      dims d = V::dim;
      d.bounded = false;
      return d;
    }();
    using type = to_shape<unbounded>;
  };
  static constexpr auto io(int k) { return plan_type::io(first_io_space + k); }
  template <std::size_t K> struct result {
    using V = std::tuple_element_t<K, outputs_type>;
    static constexpr bool scalar = V::dim.rank == 0, varies = plan_type::n_lengths > 0 && io(int(sizeof...(Input) + K)).varies();
    using traced = typename V::value_type;
    using element = typename given_as<T, traced>::type;
    using in_memory = typename held_as<T, traced>::element;
    struct of_lengths : std::vector<in_memory> {
      of_lengths() : std::vector<in_memory>(std::size_t(V::dim.size())) {}
    };
    static_assert(!(varies && is_complex<traced>), "tfx::program: complex outputs follow no length; give their real_part and imag_part");
    std::conditional_t<scalar, std::array<T, is_complex<traced> ? 2 : 1>, std::conditional_t<varies, of_lengths, tensor<in_memory, typename unbounded<V>::type>>> held{};
    /// To what is there.
    void cut([[maybe_unused]] const int* length, [[maybe_unused]] int rows) {
      if constexpr (varies) held.resize(io(int(sizeof...(Input) + K)).row(length, V::dim.bounded) * std::size_t(V::dim.bounded ? rows : 1));
    }
    T* address() { return reinterpret_cast<T*>(held.data()); }
    auto take() {
      if constexpr (scalar) {
        return element(element_in<traced>(held.data(), 0));
      } else if constexpr (varies) {
        return std::vector<element>(held.begin(), held.end());
      } else if constexpr (std::is_same_v<element, in_memory>) {
        return std::move(held);
      } else {
        tensor<element, typename unbounded<V>::type> to(uninitialized_t{});
        for (int i = 0; i < to.size(); ++i) to.data()[i] = element(held.data()[i]);
        return to;
      }
    }
  };
  template <class First, class... More> static auto unwrapped(First&& first, More&&... more) {
    if constexpr (sizeof...(More) == 0) return std::forward<First>(first);
    else return std::tuple<First, More...>(std::forward<First>(first), std::forward<More>(more)...);
  }

  template <class In, int k, class Argument> void bind(bindings<T>& b, [[maybe_unused]] const int* length, int& rows, const Argument& argument) {
    detail::buffer<T>& own = inputs_[std::size_t(k)];
    b.base[first_io_space + k] = own.data();
    constexpr dims s = In::shape_type::value;
    static_assert(!(plan_type::n_lengths > 0 && is_complex<typename In::value_type>), "tfx::program: complex inputs follow no length; give their parts as an axis");
    if constexpr (is_number<Argument>) {
      static_assert(s.rank == 0, "tfx::program: a number given for an input that is a tensor");
      put_element<typename In::value_type>(own.data(), 0, argument);
    } else {
      std::size_t row = s.rank ? std::size_t(s.size() / s.extent[0]) : 1;
      if constexpr (plan_type::n_lengths > 0) row = io(k).row(length, true);
      const std::size_t n = std::size_t(argument.size());
      if (n % row != 0 || n == 0 || n / row > std::size_t(s.rank ? s.extent[0] : 1) || (!s.bounded && n != std::size_t(s.size()))) detail::fail("program: an argument has another number of elements than its input");
      if constexpr (s.bounded) {
        if (rows != 0 && rows != int(n / row)) detail::fail("program: the inputs have different numbers of rows");
        rows = int(n / row);
      }
      using given = std::remove_cvref_t<decltype(argument.data()[0])>;
      if constexpr (detail::same_in_memory<given, typename held_as<T, typename In::value_type>::element>)
        b.base[first_io_space + k] = reinterpret_cast<T*>(const_cast<given*>(argument.data()));
      else
        for (std::size_t i = 0; i < n; ++i) put_element<typename In::value_type>(own.data(), int(i), argument.data()[i]);
    }
  }

  std::uint64_t seed_, step_ = 0;
  detail::buffer<T> arena_;
  std::array<detail::buffer<T>, first_io_space> space_;
  std::array<detail::buffer<T>, sizeof...(Input) + 1> inputs_;
};

template <const auto& Step, class... Input> using program = program_on<backend::simd<>, Step, Input...>;

}  // namespace tfx
