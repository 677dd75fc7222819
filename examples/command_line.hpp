// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// A mistake of the person who started the program: one sentence.
struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The words after a program's name: `--name value`, `--name=value` and `--name`. A program asks for each once;
/// then `finish` complains about what nobody asked for.
///
///     command_line words(argc, argv, help);          // --help prints the text and ends the program
///     int epochs = words.number("--epochs", 10, 1, 1000);
///     bool quiet = words.flag("--quiet");
///     words.finish();
class command_line {
 public:
  command_line(int argc, char** argv, std::string_view help) {
    for (int i = 1; i < argc; ++i) words_.push_back({argv[i], false});
    if (!flag("--help") && !flag("-h")) return;
    std::printf("%.*s", int(help.size()), help.data());
    std::exit(0);
  }

  bool flag(std::string_view name) {
    bool found = false;
    for (word& each : words_) {
      if (each.used || each.text != name) continue;
      each.used = found = true;
    }
    return found;
  }

  std::string text(std::string_view name, std::string_view otherwise) {
    const std::string* found = value_of(name);
    return found ? *found : std::string(otherwise);
  }

  template <class Number> Number number(std::string_view name, Number otherwise, Number least, Number most) {
    const std::string* found = value_of(name);
    if (!found) return otherwise;
    Number value{};
    const char* const end = found->data() + found->size();
    const auto [stop, error] = std::from_chars(found->data(), end, value);
    if (error == std::errc{} && stop == end && value >= least && value <= most) return value;
    throw usage_error(std::string(name) + " expects a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most) + ", not '" + *found + "'");
  }

  std::string choice(std::string_view name, std::string_view otherwise, std::initializer_list<std::string_view> known) {
    const std::string* found = value_of(name);
    if (!found) return std::string(otherwise);
    std::string list;
    for (const std::string_view each : known) {
      if (*found == each) return *found;
      list.append(list.empty() ? "" : ", ").append(each);
    }
    throw usage_error(std::string(name) + " expects one of " + list + ", not '" + *found + "'");
  }

  void finish() const {
    for (const word& each : words_) {
      if (!each.used) throw usage_error("'" + each.text + "' is not an option; --help lists them");
    }
  }

 private:
  struct word {
    std::string text;
    bool used;
  };

  const std::string* value_of(std::string_view name) {
    const std::string* value = nullptr;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      word& each = words_[i];
      if (each.used) continue;
      const bool joined = each.text.starts_with(std::string(name) + "=");
      if (!joined && each.text != name) continue;
      if (value) throw usage_error(std::string(name) + " is given twice");
      each.used = true;
      if (joined) {
        each.text.erase(0, name.size() + 1);
        value = &each.text;
      } else {
        if (i + 1 == words_.size() || words_[i + 1].text.starts_with("--")) {
          throw usage_error(std::string(name) + " expects a value after it");
        }
        words_[++i].used = true;
        value = &words_[i].text;
      }
    }
    return value;
  }

  std::vector<word> words_;
};
