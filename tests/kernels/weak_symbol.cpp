// What must not be in the objects of kernels/vector: an inline function that was put out of line.
[[gnu::noinline]] inline int shared_with_other_objects(int x) { return x * x; }

int call_it(int x);
int call_it(int x) { return shared_with_other_objects(x); }
