#include "io/plain_rows_hdf5.hpp"

#include <fcntl.h>

namespace tally::io {

std::unique_ptr<PlainRows> plain_rows(const hdf5::Dataset& dataset, const StoredElement& element, Index rows,
                                      std::uint64_t row_bytes) {
  const hdf5::PropertyList creation = dataset.creation();
  if (H5Pget_layout(creation.get()) != H5D_CONTIGUOUS) return nullptr;
  if (H5Tequal(dataset.type().get(), element.memory.get()) <= 0) return nullptr;
  const haddr_t offset = H5Dget_offset(dataset.id());
  const hdf5::Handle<H5Fclose> file(H5Iget_file_id(dataset.id()));
  const hdf5::PropertyList access(file.get() < 0 ? H5I_INVALID_HID : H5Fget_access_plist(file.get()));
  void* handle = nullptr;
  const bool usable = offset != HADDR_UNDEF && access.get() >= 0 && H5Pget_driver(access.get()) == H5FD_SEC2 &&
                      H5Fget_vfd_handle(file.get(), H5P_DEFAULT, &handle) >= 0 && handle != nullptr;
  H5Eclear2(H5E_DEFAULT);
  if (!usable) return nullptr;
  // The very file that libhdf5 has open, whatever its name stands for by now.
  const int descriptor = fcntl(*static_cast<const int*>(handle), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return nullptr;
  return std::make_unique<PlainRows>(dataset.place().file + ": " + dataset.place().object, descriptor, offset, rows,
                                     row_bytes);
}

}  // namespace tally::io
