// Running a program as a child and looking at how it ends.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace tally {

struct ChildResult {
  int exit_code = -1;        // -1 where a signal ended it
  int signal = 0;            // which one; SIGKILL where it did not end in time
  std::string errors;        // what it wrote to stderr
  double cpu_seconds = 0.0;  // user and system
};

namespace child_process_detail {

inline double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

[[noreturn]] inline void become(const std::vector<std::string>& arguments, int errors) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  dup2(errors, STDERR_FILENO);
  dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
  execv(pointers[0], pointers.data());
  _exit(127);
}

/// Reads until the writer closes it or the time is over.
inline std::string read_until(int file, std::chrono::steady_clock::time_point end) {
  std::string text;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{file, POLLIN, 0};
    if (left.count() <= 0 || poll(&wait, 1, static_cast<int>(left.count())) <= 0) return text;
    char bytes[4096];
    const ssize_t count = read(file, bytes, sizeof bytes);
    if (count <= 0) return text;
    text.append(bytes, static_cast<std::size_t>(count));
  }
}

}  // namespace child_process_detail

/// Runs arguments[0] and waits for its end, which comes by SIGKILL after `limit_seconds`.
inline ChildResult run_child(const std::vector<std::string>& arguments, int limit_seconds) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = fork();
  if (child == 0) child_process_detail::become(arguments, ends[1]);
  close(ends[1]);
  if (child < 0) throw std::runtime_error("fork failed");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(limit_seconds);
  ChildResult result;
  result.errors = child_process_detail::read_until(ends[0], end);
  close(ends[0]);
  if (std::chrono::steady_clock::now() >= end) kill(child, SIGKILL);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  result.cpu_seconds = child_process_detail::seconds(usage.ru_utime) + child_process_detail::seconds(usage.ru_stime);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

}  // namespace tally
