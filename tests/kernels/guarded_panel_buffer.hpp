// In a binary that links guarded_panel_buffer.cpp, every PanelBuffer lies beside pages that kill, so that a whole
// forward pass runs between them.
#pragma once

#include "tests/kernels/guarded_array.hpp"

namespace tally {

/// Where the buffers made from now on have their page.
void set_panel_buffer_guard(Guard guard);

/// How many were made.
Index panel_buffers_made();

/// The n-th buffer from now on, counted from 1, throws std::bad_alloc; 0: none does.
void fail_panel_buffer(Index n);

}  // namespace tally
