// SPDX-License-Identifier: Apache-2.0
#include <tfx/io/atomic_file.hpp>

#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "scratch.hpp"

using tfx::io::atomic_file;
using tfx::io::file_error;

namespace {
void write(const std::filesystem::path& path, std::string_view contents) {
  atomic_file file(path);
  file.write(contents);
  file.commit();
}

/// The system's own words for why writing failed.
std::string failure(const std::filesystem::path& path, std::string_view contents) {
  try {
    write(path, contents);
  } catch (const file_error& error) {
    CHECK(error.path() == path);
    return error.found();
  }
  return "nothing: it was written";
}

/// Files can't grow past a size, as on a disk that is full.
class full_disk {
 public:
  explicit full_disk(::rlim_t bytes) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit limit{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  ::rlimit before_{};
  void (*handler_)(int) = nullptr;
};
}  // namespace

TEST_CASE("a file is made and replaced") {
  const scratch at;
  const auto path = at / "file";
  write(path, "first");
  CHECK(contents_of(path) == "first");
  write(path, "second, longer");
  CHECK(contents_of(path) == "second, longer");
  write(path, "");
  CHECK(contents_of(path).empty());
  CHECK(at.files() == 1);
}

TEST_CASE("pieces of all sizes arrive in order") {
  const scratch at;
  std::string whole;
  {
    atomic_file file(at / "file");
    for (std::size_t size : {0u, 1u, 65535u, 1u, 65536u, 200000u, 3u, 70000u}) {
      const std::string piece(size, static_cast<char>('a' + whole.size() % 23));
      file.write(piece);
      whole += piece;
    }
    file.commit();
  }
  CHECK(contents_of(at / "file") == whole);
}

TEST_CASE("without commit nothing has happened") {
  const scratch at;
  const auto path = at.put("file", "old");
  {
    atomic_file file(path);
    file.write(std::string(100000, 'x'));
  }
  CHECK(contents_of(path) == "old");
  CHECK_THROWS([&] {
    atomic_file file(path);
    file.write("half");
    throw std::runtime_error("the writer gave up");
  }());
  CHECK(contents_of(path) == "old");
  CHECK(at.files() == 1);
}

TEST_CASE("the old file survives a full disk") {
  const scratch at;
  const auto path = at.put("file", "old");
  {
    const full_disk limit(100 * 1024);
    CHECK(failure(path, std::string(300000, 'x')) == "File too large");
    // Small enough to be in the buffer until the end.
    const full_disk smaller(10);
    CHECK(failure(path, std::string(300, 'x')) == "File too large");
  }
  CHECK(contents_of(path) == "old");
  CHECK(at.files() == 1);
}

TEST_CASE("the old file survives a folder that can't be written") {
  if (::geteuid() == 0) {
    // Root may write everywhere: be somebody else for a moment.
    if (::seteuid(65534) != 0) {
      MESSAGE("skipped: root can't be made somebody else");
      return;
    }
  }
  {
    const scratch at;
    const auto path = at.put("file", "old");
    std::filesystem::permissions(at.folder(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    CHECK(failure(path, "new") == "Permission denied");
    CHECK(contents_of(path) == "old");
    std::filesystem::permissions(at.folder(), std::filesystem::perms::owner_all);
    CHECK(at.files() == 1);
  }
  if (::getuid() == 0) CHECK(::seteuid(0) == 0);
}

TEST_CASE("targets that are no files") {
  const scratch at;
  CHECK(failure(at.folder(), "x") == "a directory");
  CHECK(failure(at / "none" / "file", "x") == "No such file or directory");
  CHECK(failure(at.put("file", "") / "below", "x") == "Not a directory");
  if (std::filesystem::is_character_file("/dev/full")) {
    CHECK(failure("/dev/full", "x") == "No space left on device");
    CHECK(std::filesystem::is_character_file("/dev/full"));
    CHECK(failure("/dev/null", "x") == "nothing: it was written");
    CHECK(std::filesystem::is_character_file("/dev/null"));
  }
}

TEST_CASE("links and modes are kept") {
  const scratch at;
  const auto file = at.put("file", "old");
  ::chmod(file.c_str(), 0640);
  std::filesystem::create_symlink("file", at / "link");
  write(at / "link", "new");
  CHECK(std::filesystem::is_symlink(at / "link"));
  CHECK(contents_of(file) == "new");
  CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::mask) == std::filesystem::perms{0640});

  const ::mode_t before = ::umask(027);
  write(at / "fresh", "x");
  ::umask(before);
  CHECK((std::filesystem::status(at / "fresh").permissions() & std::filesystem::perms::mask) ==
        std::filesystem::perms{0640});
}

TEST_CASE("a path without a folder") {
  const scratch at;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(at.folder());
  write("plain", "here");
  std::filesystem::current_path(before);
  CHECK(contents_of(at / "plain") == "here");
}
