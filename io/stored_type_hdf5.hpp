// Which element type a dataset is read as, and the type of libhdf5 that memory then has.
#pragma once

#include <string>

#include "io/hdf5.hpp"
#include "kernels/stored_type.hpp"

namespace tally::io {

struct StoredElement {
  StoredType type = StoredType::float32;
  std::string dtype;      // as NumPy names what is stored: "uint8", "float64", "bool"
  hdf5::Datatype memory;  // what H5Dread is to deliver: `type` in native byte order
};

/// `type` in native byte order. float16 is IEEE binary16.
hdf5::Datatype memory_type(StoredType type);

/// How to read elements of `stored`, the type of the dataset at `place`. Integers keep sign and size (odd sizes go to
/// the next larger standard one), IEEE floats of 2, 4 and 8 bytes stay what they are, other floats below 4 bytes
/// (bfloat16) become float32, h5py's booleans uint8. Error for any other type.
StoredElement stored_element(const hdf5::Place& place, const hdf5::Datatype& stored);

}  // namespace tally::io
