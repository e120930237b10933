// Reads everything a dataset file holds, under the guard of libhdf5: the child process of the tests of damaged files.
//
//   read_file FILE [crash | abort | overflow | loop | later | early | stuck]
//
// Exit code 0, or 1 after one line "tally: ..." on stderr. The words raise that failure on purpose: inside a section,
// or (later) after one; with `stuck` the fatal action does not end the process.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "io/chunk_decoder.hpp"
#include "io/dataset.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"

namespace {

using tally::Index;
namespace hdf5 = tally::io::hdf5;

void end_process(const char* line) {
  std::fprintf(stderr, "tally: %s\n", line);
  std::fflush(stderr);
  _exit(1);
}

void hold_still(const char*) {
  for (;;) pause();
}

/// The same rows by way of raw chunks.
void read_raw(const tally::io::DatasetReader& reader, Index first, Index count) {
  const tally::io::ChunkGrid& grid = *reader.chunks();
  std::vector<std::byte> raw(reader.raw_bytes_bound(first, count));
  raw.resize(reader.read_chunks(first, count, raw));
  tally::io::ChunkDecoder decoder(grid);
  std::vector<std::byte> rows(grid.band_bytes());
  const tally::io::BandRange bands = grid.bands_of(first, count);
  for (Index band = bands.first; band < bands.first + bands.count; ++band) decoder.decode(raw, band, rows);
}

void read_pair(const tally::io::DatasetRequest& request) {
  const tally::io::DatasetReader reader(request);
  const tally::io::DatasetInfo& info = reader.info();
  const auto row_bytes = static_cast<std::size_t>(info.inputs) * size_of(info.type);
  const Index most = std::max<Index>(1, static_cast<Index>((std::size_t{1} << 20) / row_bytes));
  for (Index first = 0; first < info.rows; first += most) {
    const Index count = std::min(most, info.rows - first);
    std::vector<std::byte> rows(static_cast<std::size_t>(count) * row_bytes);
    std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
    reader.read_inputs(first, count, rows);
    reader.read_labels(first, labels);
    if (reader.chunks()) read_raw(reader, first, count);
  }
}

/// Every attribute and every array of a group, and of the groups in it, whether or not some of them fail: one damaged
/// object must not keep the test from the next.
class Everything {
 public:
  void read(const hdf5::Group& group, int depth) {
    if (depth > 16) return;
    read_attributes(group);
    std::vector<hdf5::Link> links;
    attempt([&] { links = group.links(); });
    for (const hdf5::Link& link : links) {
      if (link.kind == hdf5::LinkKind::group) attempt([&] { read(group.open_group(link.name), depth + 1); });
      if (link.kind == hdf5::LinkKind::dataset)
        attempt([&] {
          const hdf5::Dataset dataset = group.open_dataset(link.name);
          read_attributes(dataset);
          std::printf("%s %s %s\n", dataset.place().object.c_str(), dataset.dtype().c_str(), dataset.layout().c_str());
          dataset.read_floats();
        });
    }
  }

 private:
  template <typename Action>
  void attempt(Action action) {
    try {
      action();
    } catch (const tally::Error&) {  // expected: a string is no number, and some objects are damaged
    }
  }
  void read_attributes(const hdf5::Node& node) {
    std::vector<std::string> names;
    attempt([&] { names = node.attribute_names(); });
    for (const std::string& name : names) {
      attempt([&] { node.read_strings(name); });
      attempt([&] { node.read_numbers(name); });
    }
  }
};

void read_everything(const std::string& file) {
  Everything everything;
  {
    const tally::io::Hdf5Section section(file);
    everything.read(hdf5::File::open(file).root(), 0);
  }
  tally::io::list_datasets(file);
  read_pair({file, {}, {}, {}, {}});
}

volatile unsigned sink = 0;
int overflow_stack(int depth) {  // NOLINT(misc-no-recursion)
  volatile char page[4096];
  page[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow_stack(depth + 1) + page[0];
}

void fail_on_purpose(const std::string& file, const std::string& how) {
  if (how == "early") std::abort();
  if (how == "later") {
    { const tally::io::Hdf5Section section(file); }
    std::abort();
  }
  const tally::io::Hdf5Section section(file);
  if (how == "crash" || how == "stuck") std::raise(SIGSEGV);
  if (how == "abort") std::abort();
  if (how == "overflow") sink = static_cast<unsigned>(overflow_stack(0));
  for (;;) sink = sink + 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const std::string file = argv[1];
  const std::string how = argc > 2 ? argv[2] : "";
  tally::io::install_hdf5_guard(how == "stuck" ? hold_still : end_process);
  try {
    // In a thread, as the program's reader is one: it needs an alternate stack of its own.
    if (!how.empty()) std::thread(fail_on_purpose, file, how).join();
    read_everything(file);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tally: %s\n", error.what());
    return 1;
  }
  return 0;
}
