#include "pipeline/plot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "io/atomic_file.hpp"
#include "kernels/activation_formulas.hpp"
#include "kernels/softmax.hpp"

extern char** environ;

namespace tally::pipeline {
namespace {

constexpr float left = -5.0F;
constexpr float right = 5.0F;

std::string title_of(const Activation& activation) {
  const std::string example = example_of(activation.kind);
  return example.empty() ? to_string(activation) : to_string(activation.kind) + ", " + example;
}

/// gnuplot's data and commands: one small diagram per function. A step is drawn with its jump open.
std::string gnuplot_script(const std::string& terminal, const std::string& output) {
  std::vector<Activation> shown;
  for (const ActivationFormula& formula : activation_formulas()) shown.push_back(default_activation(formula.kind));
  constexpr int columns = 6;
  const int rows = (static_cast<int>(shown.size()) + columns - 1) / columns;
  std::string script = fmt::format("set terminal {}\nset output '{}'\n", terminal, output);
  script += fmt::format("set multiplot layout {},{} title 'Activation functions'\n", rows, columns);
  script +=
      "set grid xtics ytics lt 1 lc rgb '#dddddd'\nset xrange [-5:5]\nset xtics 5\nset ytics autofreq\nset key "
      "off\nset style data lines\n";
  for (const Activation& activation : shown) {
    double low = 0.0;
    double high = 0.0;
    std::string data = "$data << EOD\n";
    const bool jumps = activation.kind == ActivationKind::step;
    for (int i = 0; i <= 400; ++i) {
      const float x = left + (right - left) * static_cast<float>(i) / 400.0F;
      const double y = value_at(activation, x);
      low = std::min(low, y);
      high = std::max(high, y);
      data += fmt::format("{} {}\n", x, y);
      if (jumps && x == 0.0F) data += "\n0 1\n";  // a blank line lifts the pen
    }
    data += "EOD\n";
    const double margin = 0.1 * (high - low);
    script += data + fmt::format("set yrange [{}:{}]\nset title \"{}\" noenhanced\n", low - margin, high + margin,
                                 title_of(activation));
    script += "plot $data using 1:2 lw 2 lc rgb '#1f5fa8'\n";
  }
  return script + "unset multiplot\nset output\n";
}

/// Runs gnuplot on a script file; its complaints are not shown, its exit code is.
void run_gnuplot(const std::string& script_file) {
  std::string program = "gnuplot";
  std::string script = script_file;
  std::array<char*, 3> arguments{program.data(), script.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failure = posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw Error("plots need gnuplot (Debian: gnuplot-nox), which cannot be started");
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Error("gnuplot failed to draw the plot");
}

/// A temporary folder that goes away with everything in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tally-plot-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw Error(pattern + ": cannot make a temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::string& path) {
  std::string content;
  FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) throw Error("gnuplot wrote no plot");
  std::array<char, 65536> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), file)) > 0;) {
    content.append(buffer.data(), got);
  }
  std::fclose(file);
  return content;
}

}  // namespace

std::string example_of(ActivationKind kind) {
  if (kind == ActivationKind::maxout) return "pieces -x and x";
  if (kind == ActivationKind::softmax) return "logits (x, 0)";
  return {};
}

float value_at(const Activation& activation, float x) {
  if (activation.kind == ActivationKind::maxout) return std::max(x, -x);
  if (activation.kind == ActivationKind::softmax) {
    const std::array<double, 2> logits{x, 0.0};
    std::array<double, 2> probabilities{};
    softmax(logits, probabilities);
    return static_cast<float>(probabilities[0]);
  }
  apply_activation(activation, &x, 1);
  return x;
}

std::string text_curve(const Activation& activation, int width, int height) {
  std::vector<float> values(static_cast<std::size_t>(width));
  for (int i = 0; i < width; ++i) {
    const float x = left + (right - left) * static_cast<float>(i) / static_cast<float>(width - 1);
    values[static_cast<std::size_t>(i)] = value_at(activation, x);
  }
  const float low = std::min(0.0F, *std::min_element(values.begin(), values.end()));
  const float high = std::max(0.0F, *std::max_element(values.begin(), values.end()));
  const auto line_of = [&](float y) {
    return static_cast<int>(std::lround((high - y) / (high - low) * static_cast<float>(height - 1)));
  };
  std::vector<std::string> lines(static_cast<std::size_t>(height), std::string(static_cast<std::size_t>(width), ' '));
  for (char& c : lines[static_cast<std::size_t>(line_of(0.0F))]) c = '-';
  for (std::string& line : lines) {
    char& c = line[static_cast<std::size_t>(width / 2)];
    c = c == '-' ? '+' : '|';
  }
  for (int i = 0; i < width; ++i) {
    const float y = values[static_cast<std::size_t>(i)];
    lines[static_cast<std::size_t>(line_of(y))][static_cast<std::size_t>(i)] = '*';
  }
  std::string text;
  for (int l = 0; l < height; ++l) {
    const bool labelled = l == 0 || l == height - 1;
    const std::string label = labelled ? fmt::format("{:.4g}", l == 0 ? high : low) : std::string();
    text += fmt::format("  {:>8} {}\n", label, lines[static_cast<std::size_t>(l)]);
  }
  return text + fmt::format("  {:>8} {:<{}}{}\n", "", "-5", width - 1, "5");
}

void plot_activations(const std::string& file) {
  const std::string ending = std::filesystem::path(file).extension().string();
  std::string terminal;
  if (ending == ".svg") terminal = "svg size 1500,800 background rgb 'white'";
  if (ending == ".png") terminal = "pngcairo size 1500,800";
  if (terminal.empty()) throw UsageError("--plot " + file + ": the name must end in .svg or .png");
  io::AtomicFile target(file);
  const TemporaryFolder folder;
  const std::string drawing = folder / "plot";
  io::AtomicFile script(folder / "script");
  script.write(gnuplot_script(terminal, drawing));
  script.commit();
  run_gnuplot(folder / "script");
  target.write(read_file(drawing));
  target.commit();
}

}  // namespace tally::pipeline
