// A model as one run of bytes, the form in which the root broadcasts it.
#pragma once

#include "kernels/model.hpp"
#include "pipeline/bytes.hpp"

namespace tally::pipeline {

void put_model(ByteWriter& writer, const Model& model);
Model get_model(ByteReader& reader);

}  // namespace tally::pipeline
